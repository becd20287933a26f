"""Place names of a sentence that something beside them makes places: a preposition, a country, "city", "bombing"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from transforms.gazetteer import Row, fold, look_up
from transforms.nations import country_names, demonym_countries
from transforms.place_words import (
    Token,
    case_of,
    is_modifier,
    limit,
    prepositions,
    read_tokens,
    states,
    telling,
    word_list,
)

LONGEST_NAME = 5  # word_list
_EVENT_COST, _NOUN_COST, _QUALIFIED_COST, _DATELINE_COST = 5, 10, 30, 180
_LIST_COST = 10
_HOLDER_COST = 80  # "the government in Baghdad" says whose it is, not where

_INNER = frozenset(
    {"de", "del", "da", "do", "dos", "la", "las", "los", "el", "al", "i", "e", "upon", "ez", "es", "sur", "and"}
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place name: where it stands, what taking it costs, its meanings and what tells them apart."""

    start: int
    end: int
    cost: int
    rows: tuple[Row, ...]
    country: str | None = None
    admin: str | None = None
    is_dateline: bool = False
    is_named_as_place: bool = False  # "Sukma District", "the town of Sukma"

    @property
    def fitting(self) -> list[Row]:
        """Return the meanings in the country and the province that stand beside the name."""
        return [row for row in self.rows if self.country in (None, row.country) and self.admin in (None, row.admin)]


@lru_cache(maxsize=64)  # a sentence with several events is read once
def find_mentions(text: str) -> tuple[Mention, ...]:
    """Return the place names of a sentence that something beside them makes a place, in reading order."""
    tokens = read_tokens(text)
    mentions = tuple(find_datelines(text))
    start = next((n for n, token in enumerate(tokens) if mentions and token.start >= mentions[0].end), 0)
    return mentions + tuple(_walk(tokens, start, case_of(text)))


@lru_cache(maxsize=8192)  # news names the same places again and again
def _rows(name: str) -> tuple[Row, ...]:
    return tuple(look_up(fold(name)))


def find_datelines(text: str) -> Iterator[Mention]:
    """Yield the "PORT SELIM, Norvania (Agency) -" that opens an article."""
    found = _DATELINE.match(text)
    if found is None:
        return
    name, rest = found["name"].strip(), (found["rest"] or "").strip(" ,")
    country, admin = _qualifier(rest)
    rows = _rows(name)
    if rows or country:
        yield Mention(
            found.start("name"), found.start("name") + len(name), _DATELINE_COST, rows, country, admin, is_dateline=True
        )


_DATELINE = re.compile(
    r"\W{0,2}(?P<name>(?:[A-Z][A-Z.'’-]+|[a-z]{4,})(?: (?:[A-Z][A-Z.'’-]+|delhi|city)){0,3})"
    r"(?P<rest>, ?[A-Z][\w. ]{1,25}?)?"
    r"(?:, \d{1,2} [A-Z]{3} \d\d| ?\([^)]{2,40}\)|, [A-Z][a-z]+\.? \d{1,2})*\s*(?:--?|–|—|: (?=\S)|(?<=\))\s)"
)


def _walk(tokens: Sequence[Token], start: int, case: str) -> Iterator[Mention]:
    """Yield mentions, left to right: a preposition opens the way for a name until another word closes it."""
    openers, nationalities = prepositions(), demonym_countries()
    tells = [token.mark == "," or token.word == "(" or token.word.lower() in telling() for token in tokens]
    lead, country, place = _Lead(), None, start
    while place < len(tokens):
        token = tokens[place]
        is_name = case == "lower" or token.word[:1].isupper()
        if token.word.lower() in openers and _opens(
            token.word, lead, is_name and case in ("mixed", "title") and place > 0
        ):
            lead = _lead(tokens, place)
            country = country if token.word == "of" else None  # "the Iraqi town of"
        elif (
            is_name
            # Nothing makes it a place: most capitalised words are sorted out here.
            and (lead.cost is not None or any(tells[place : place + LONGEST_NAME + 3]))
            and (found := _name_at(tokens, place, case, lead.cost, country)) is not None
        ):
            mention, place = found
            yield mention
            # "in Syria's Idlib" leads on to the place within, "in Idlib and Homs" to the next.
            is_country = tokens[place - 1].possessive and _is_country(mention.rows)
            country = mention.rows[0].country if is_country else None
            lead = lead if is_country else lead.after_name()
            continue
        elif is_name and token.word in nationalities:
            country = nationalities[token.word]
        elif lead.preposition is not None:
            lead = lead.after(token, is_name=is_name and case in ("mixed", "title"))
        if token.mark:
            lead, country = lead.after_mark(token.mark), None
        place += 1


@dataclass(frozen=True, slots=True)
class _Lead:
    """What stands before a word: the cost of the preposition that leads to it, None when nothing leads to it."""

    preposition: int | None = None
    is_listing: bool = False  # behind a name: "and" and commas lead on to the next
    is_unknown: bool = False  # behind a capitalised word that is no place: "in Mill Road, Glasgow"

    @property
    def cost(self) -> int | None:
        """Return the cost for a name at this place."""
        return None if self.is_listing or self.is_unknown else self.preposition

    def after_name(self) -> "_Lead":
        return _Lead(self.preposition, is_listing=self.preposition is not None)

    def after(self, token: Token, *, is_name: bool) -> "_Lead":
        if self.preposition is None:
            return self
        if self.is_listing:
            return _Lead(self.preposition + _LIST_COST) if token.word in ("and", "or") else _Lead()
        if not self.is_unknown and is_modifier(token.word.lower()):
            return self
        return _Lead(self.preposition, is_unknown=True) if is_name else _Lead()

    def after_mark(self, mark: str) -> "_Lead":
        is_road = self.is_unknown and mark == "," and self.preposition is not None
        return _Lead((self.preposition or 0) + _LIST_COST) if is_road else _Lead()


def _opens(word: str, lead: _Lead, is_name: bool) -> bool:
    lowered = word.lower()
    return lowered in prepositions() and (lead.cost is None or lowered != "of") and not is_name


def _is_country(rows: Sequence[Row]) -> bool:
    return any(row.kind == "country" for row in rows)


def _lead(tokens: Sequence[Token], place: int) -> _Lead:
    preposition = tokens[place].word.lower()
    before = tokens[place - 1].word.lower() if place else ""
    if preposition == "of" and before in word_list("nouns"):
        return _Lead(_NOUN_COST)
    return _Lead(int(prepositions()[preposition]) + (_HOLDER_COST if before in word_list("holders") else 0))


def _name_at(
    tokens: Sequence[Token], place: int, case: str, lead: int | None, country: str | None
) -> tuple[Mention, int] | None:
    """Return the longest place name that begins at a token and has something that makes it a place."""
    for end in range(_longest(tokens, place, case), place, -1):
        words = tokens[place:end]
        rows = _rows(" ".join([token.word for token in words]))
        if not rows and country is None and words[-1].mark != ",":
            continue
        behind = _qualifier_behind(tokens, end)
        is_told = _has_noun_behind(tokens, end) or (end > place + 1 and words[-1].word.lower() in word_list("nouns"))
        if lead is None and behind.country is None and not is_told:
            continue
        if behind.country is not None and _is_area(rows):
            behind = _Qualifier(None, None, end)  # "Iraq, Iran and Syria"
            if lead is None and not is_told:
                continue
        cost = _evidence(tokens, place, end, case, lead, rows, behind.country)
        is_told = is_told or (place > 1 and tokens[place - 2].word.lower() in word_list("nouns"))
        mention = Mention(
            words[0].start, words[-1].end, cost or 0, rows, behind.country or country, behind.admin, False, is_told
        )
        if cost is not None and (rows or _is_unknown_town(mention, lead, words, behind, case)):
            return _dropped_if_wrong(mention, behind), behind.end
    return None


def _is_unknown_town(
    mention: Mention, lead: int | None, words: Sequence[Token], behind: "_Qualifier", case: str
) -> bool:
    """Tell whether a name that the table lacks is a place: "in Elmo, Missouri", "the Iraqi town of Elmo"."""
    if lead is None or case != "mixed" or len(words) > 2 or words[-1].word.lower() in word_list("roads"):
        return False
    is_qualified = behind.country is not None and words[-1].mark == ","
    return is_qualified or (mention.country is not None and mention.is_named_as_place)


def _longest(tokens: Sequence[Token], place: int, case: str) -> int:
    """Return where a name ends at the latest: capitals, small joints inside, no marks between."""
    end = last = place
    while end < min(len(tokens), place + LONGEST_NAME):
        token = tokens[end]
        end += 1
        if case == "lower" or token.word[:1].isupper():
            last = end
        elif token.word not in _INNER or end == place + 1:
            break
        if token.possessive or token.mark not in ("", "."):
            break
    return last


def _dropped_if_wrong(mention: Mention, behind: "_Qualifier") -> Mention:
    """Forget a nationality that no meaning of the name fits: "the Turkish strikes in Aleppo"."""
    if mention.fitting or behind.country or not mention.rows:
        return mention
    return replace(mention, country=None)


def _evidence(
    tokens: Sequence[Token],
    place: int,
    end: int,
    case: str,
    lead: int | None,
    rows: Sequence[Row],
    qualified: str | None,
) -> int | None:
    """Return what it costs to take a name for the place of the event, None when it is likely none."""
    last = tokens[end - 1]
    is_single = end - place == 1
    if qualified is not None:
        return lead if lead is not None else _QUALIFIED_COST
    if is_single and (last.word.lower() in word_list("stop") or len(last.word) < 3) and not _is_area(rows):
        return None
    largest = max((row.size for row in rows), default=0)
    # In headlines every word is in capitals: only great places are told from persons and papers.
    is_great = case == "title" and (largest >= limit("known_in_headlines") or _is_area(rows))
    if not is_great and case in ("mixed", "title") and not _ends_name(tokens, end):
        return None
    if case in ("upper", "lower") and largest < limit("known_in_one_case"):
        return None
    if largest < limit("house_town") and _is_part_of_house(tokens, end):
        return None
    if last.possessive and not _is_area(rows) and largest < limit("possessive_town"):
        return None
    if _is_country(rows) and _acts(tokens, place, end, lead):
        return None
    if lead is not None:
        return lead
    return _EVENT_COST if _is_event_behind(tokens, end) else _NOUN_COST


def _is_part_of_house(tokens: Sequence[Token], end: int) -> bool:
    """Tell whether a name goes on as a house's or a road's: "Mill Road", "the Savoy bar"."""
    if end >= len(tokens) or tokens[end - 1].mark:
        return False
    word = tokens[end].word
    return word in word_list("houses") or (word[:1].isupper() and word.lower() in word_list("roads"))


def _acts(tokens: Sequence[Token], place: int, end: int, lead: int | None) -> bool:
    """Tell "US strikes" and "in a US strike", which are by the US, from "in Syria strike", which hit Syria."""
    if end >= len(tokens) or tokens[end - 1].mark or tokens[end].word.lower() not in word_list("acts"):
        return False
    return lead is None or tokens[place - 1].word.lower() in ("a", "an", "the") or tokens[place].word in ("US", "U.S")


def _is_area(rows: Sequence[Row]) -> bool:
    return any(row.kind in ("country", "region") for row in rows)


def _ends_name(tokens: Sequence[Token], end: int) -> bool:
    """Tell whether the name is over: no other capitalised word goes on with it but "Province" and the like."""
    if end >= len(tokens) or tokens[end - 1].mark or tokens[end - 1].possessive:
        return True
    following = tokens[end].word
    return not following[:1].isupper() or following.lower() in word_list("generic")


def _has_noun_behind(tokens: Sequence[Token], end: int) -> bool:
    if end >= len(tokens) or tokens[end - 1].mark or tokens[end - 1].possessive:
        return False
    return tokens[end].word.lower() in word_list("nouns") or _is_event_behind(tokens, end)


def _is_event_behind(tokens: Sequence[Token], end: int) -> bool:
    behind = [token.word.lower() for token in tokens[end : end + 3]]
    while len(behind) > 1 and behind[0] in word_list("event_fillers"):
        behind = behind[1:]
    return bool(behind) and behind[0] in word_list("events")


class _Qualifier(NamedTuple):
    """Country and province behind a name, and the token behind which they end."""

    country: str | None
    admin: str | None
    end: int


def _qualifier_behind(tokens: Sequence[Token], end: int) -> _Qualifier:
    """Return country and province of the ", Iraq", ", Mo." or "(Iraq)" behind a name."""
    last = tokens[end - 1]
    is_bracketed = end < len(tokens) and tokens[end].word == "(" and not last.mark
    start = end + is_bracketed
    if start >= len(tokens) or last.possessive or not (is_bracketed or last.mark == ","):
        return _Qualifier(None, None, end)
    for stop in range(min(len(tokens), start + 3), start, -1):
        words = tokens[start:stop]
        if all(token.word[:1].isupper() for token in words) and not any(token.mark == "," for token in words[:-1]):
            dotted = "." if words[-1].mark == "." else ""
            country, admin = _qualifier(" ".join(token.word for token in words) + dotted)
            if country and not words[-1].possessive:
                return _Qualifier(country, admin, stop)
    return _Qualifier(None, None, end)


def _qualifier(text: str) -> tuple[str | None, str | None]:
    """Return country and province that a text behind a comma names; provinces only of the USA."""
    if not text:
        return None, None
    if (state := states().get(text) or states().get(text.rstrip("."))) is not None:
        return "USA", state
    names = country_names()
    country = names.get(text) or names.get(text.rstrip("."))
    if country is None:
        areas = {row.country for row in _rows(text) if row.kind in ("province", "region")}
        country = next(iter(areas)) if len(areas) == 1 else None
    return country, None
