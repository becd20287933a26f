"""Where an event happened: the place name of its sentence that belongs to it, and which of those so named it is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transforms.gazetteer import Row
from transforms.nations import count_countries
from transforms.place_mentions import find_datelines, find_mentions
from transforms.place_names import Mention
from transforms.place_words import limit

_DATELINE_REACH = 120  # characters
_DATELINE_WEIGHT = 2.0  # mentions that a dateline is worth
_CONTEXT_WEIGHT, _SENTENCE_WEIGHT = 1.3, 1.0  # decimal powers of population that a mention of the country is worth
_KIND_WEIGHT = {"country": 2.0, "region": 1.2, "province": 0.3, "town": 0.0, "district": -0.3, "alias": -0.6}
_COMMA, _CLAUSE, _BREAK, _WHOLE_COUNTRY = 10, 15, 120, 25  # costs, in characters of distance
_TOO_FAR, _OUT_OF_SIGHT = 260, 400
_SPEECH_LIMIT = 20  # acts of speech happen in, at or near places, not from or to them


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the text names it; without coordinates where only its country is known."""

    name: str
    country: str
    latitude: float | None
    longitude: float | None


def find_place(
    text: str, trigger_start: int, countries: Mapping[str, float] | None = None, *, is_report: bool = False
) -> Place | None:
    """Return where the event at ``trigger_start`` happened, None when the sentence does not say or nobody can tell.

    ``countries`` are those of the article, see article_countries. ``is_report`` says that the event is not itself an
    act of speech: then "the bombing of Aleppo" and "from Aleppo" place it, too.
    """
    near = (mention for mention in find_mentions(text) if _is_near(mention, trigger_start))
    mentions = [mention for mention in near if is_report or mention.cost <= _SPEECH_LIMIT]
    ranked = sorted((cost, n) for n, mention in enumerate(mentions) if (cost := _cost(mention, text, trigger_start)))
    for cost, number in ranked:
        if cost > _TOO_FAR:
            break
        place = _resolve(mentions[number], text, countries or {}, _votes(mentions, number))
        if place is not None:
            return place
    return None


def article_countries(title: str | None, text: str) -> Mapping[str, float]:
    """Return how often an article names each country; its dateline counts as two mentions."""
    counts: dict[str, float] = dict(count_countries(f"{title or ''}\n{text}"))
    start = text[:_DATELINE_REACH]
    for dateline in find_datelines(start):
        place = _resolve(dateline, start, counts, {})
        if place is not None:
            counts[place.country] = counts.get(place.country, 0) + _DATELINE_WEIGHT
    return counts


def _is_near(mention: Mention, trigger: int) -> bool:
    return mention.is_dateline or abs(mention.start - trigger) <= _OUT_OF_SIGHT


def _cost(mention: Mention, text: str, trigger: int) -> int:
    between = text[mention.end : trigger] if mention.start < trigger else text[trigger : mention.start]
    if mention.is_dateline:
        return mention.cost
    cost = 1 + mention.cost + len(between) + _COMMA * between.count(",")
    cost += _CLAUSE * len(_CLAUSES.findall(between)) + _BREAK * len(_BREAKS.findall(between))
    is_whole_country = mention.rows and all(row.kind == "country" for row in mention.rows)
    return cost + (_WHOLE_COUNTRY if is_whole_country else 0)


_CLAUSES = re.compile(r"\b(?:and|but|who|which|that|while|because|after|before|whose)\b")
_BREAKS = re.compile(r"[a-z\d”\"]{2}[.?!]['”\"’]* |;| - ")


def _votes(mentions: Sequence[Mention], own: int) -> Mapping[str, float]:
    """Return the countries that the sentence's other places can only be in."""
    votes: dict[str, float] = {}
    for number, mention in enumerate(mentions):
        known = {row.country for row in mention.rows} if mention.country is None else {mention.country}
        if number != own and len(known) == 1:
            votes |= dict.fromkeys(known, 1.0)
    return votes


def _resolve(mention: Mention, text: str, countries: Mapping[str, float], votes: Mapping[str, float]) -> Place | None:
    name = text[mention.start : mention.end]
    rows = mention.fitting
    if not rows:
        return Place(name, mention.country, None, None) if mention.country else None
    most = max(countries.values(), default=0) or 1

    def score(row: Row) -> tuple[float, str, str]:
        hints = _CONTEXT_WEIGHT * countries.get(row.country, 0) / most + _SENTENCE_WEIGHT * votes.get(row.country, 0)
        return row.size / 10 + _KIND_WEIGHT[row.kind] + hints, row.country, row.admin

    best = max(rows, key=score)
    if any(row.country != best.country and score(row)[0] == score(best)[0] for row in rows):
        return None  # Kashmir, of which nothing tells the side
    is_hinted = mention.country or mention.admin or best.country in countries or best.country in votes
    is_hinted = is_hinted or (mention.is_named_as_place and not countries and len({row.country for row in rows}) == 1)
    least = limit("known_elsewhere" if votes else "known_alone")
    if not is_hinted and best.kind not in ("country", "region") and best.size < least:
        return None
    return Place(name, best.country, best.latitude, best.longitude)
