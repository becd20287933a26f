"""Words that may be a place name: which places they name, and whether what stands around them makes them one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from transforms.gazetteer import Row, fold, look_up
from transforms.nations import country_names
from transforms.place_words import Case, Token, limit, states, word_list

LONGEST_NAME = 5  # words
EVENT_COST, NOUN_COST, QUALIFIED_COST = 5, 10, 30
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
    def is_country(self) -> bool:
        """Tell whether it can be a whole country."""
        return any(row.kind == "country" for row in self.rows)

    @property
    def fitting(self) -> list[Row]:
        """Return the meanings in the country and the province that stand beside the name."""
        return [row for row in self.rows if self.country in (None, row.country) and self.admin in (None, row.admin)]


class Candidate(NamedTuple):
    """Words that may be a place name, in their sentence."""

    tokens: Sequence[Token]
    start: int
    end: int
    case: Case
    lead: int | None  # what the preposition before it costs, None when there is none
    country: str | None  # of a nationality or a country's possessive before it
    rows: tuple[Row, ...]

    @property
    def words(self) -> Sequence[Token]:
        """Return the words of the name."""
        return self.tokens[self.start : self.end]

    @property
    def last(self) -> Token:
        """Return the last word of the name."""
        return self.tokens[self.end - 1]

    @property
    def behind(self) -> str:
        """Return the word behind the name, nothing where a mark or a possessive parts them."""
        is_parted = self.end >= len(self.tokens) or self.last.mark or self.last.possessive
        return "" if is_parted else self.tokens[self.end].word

    @property
    def size(self) -> int:
        """Return the size of the largest place of that name."""
        return max((row.size for row in self.rows), default=0)

    @property
    def is_area(self) -> bool:
        """Tell whether it can be a country or a region."""
        return any(row.kind in ("country", "region") for row in self.rows)


class Qualifier(NamedTuple):
    """Country and province behind a name, and the token behind which they end."""

    country: str | None
    admin: str | None
    end: int


def read_name(
    tokens: Sequence[Token], place: int, case: Case, lead: int | None, country: str | None
) -> tuple[Mention, int] | None:
    """Return the longest place name that begins at a token, and the token behind it."""
    for end in range(_longest(tokens, place, case), place, -1):
        rows = rows_of(" ".join([token.word for token in tokens[place:end]]))
        if rows or country is not None or tokens[end - 1].mark == ",":
            found = _mention_of(Candidate(tokens, place, end, case, lead, country, rows))
            if found is not None:
                return found
    return None


def _longest(tokens: Sequence[Token], place: int, case: Case) -> int:
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


def _mention_of(name: Candidate) -> tuple[Mention, int] | None:
    qualifier = _qualifier_behind(name.tokens, name.end)
    if name.is_area:
        qualifier = Qualifier(None, None, name.end)  # "Iraq, Iran and Syria"
    cost = _cost(name, qualifier)
    if cost is None:
        return None
    mention = Mention(
        name.tokens[name.start].start,
        name.last.end,
        cost,
        name.rows,
        qualifier.country or name.country,
        qualifier.admin,
        is_named_as_place=_is_named_as_place(name),
    )
    if not (name.rows or _is_unknown_town(name, mention, qualifier)):
        return None
    return _without_wrong_nationality(mention, qualifier), qualifier.end


def _cost(name: Candidate, qualifier: Qualifier) -> int | None:
    """Return what it costs to take a name for the place of the event, None when it is likely none."""
    if qualifier.country is not None:
        return QUALIFIED_COST if name.lead is None else name.lead
    if name.lead is None and not (_has_noun(name) or _is_event_behind(name)):
        return None
    if any(is_other(name) for is_other in (_is_common_word, _goes_on, _is_small, _is_house, _acts)):
        return None
    if name.lead is not None:
        return name.lead
    return EVENT_COST if _is_event_behind(name) else NOUN_COST


def _has_noun(name: Candidate) -> bool:
    """Tell whether it ends in "County" and the like or has it behind it."""
    nouns = word_list("nouns")
    return name.behind.lower() in nouns or (name.end - name.start > 1 and name.last.word.lower() in nouns)


def _is_named_as_place(name: Candidate) -> bool:
    before = name.tokens[name.start - 2].word.lower() if name.start > 1 else ""
    return _has_noun(name) or _is_event_behind(name) or before in word_list("nouns")


def _is_event_behind(name: Candidate) -> bool:
    """Tell whether it is the place of "the Kabul bombing"."""
    if not name.behind:
        return False
    behind = [token.word.lower() for token in name.tokens[name.end : name.end + 3]]
    while len(behind) > 1 and behind[0] in word_list("event_fillers"):
        behind = behind[1:]
    return behind[0] in word_list("events")


def _is_common_word(name: Candidate) -> bool:
    is_short = name.end - name.start == 1 and (name.last.word.lower() in word_list("stop") or len(name.last.word) < 3)
    return is_short and not name.is_area


def _goes_on(name: Candidate) -> bool:
    """Tell whether another capitalised word goes on with it that is not "Province" or the like."""
    if name.case == "title" and (name.size >= limit("known_in_headlines") or name.is_area):
        return False  # every word is in capitals there
    is_capital = name.case in ("mixed", "title") and name.behind[:1].isupper()
    return is_capital and name.behind.lower() not in word_list("generic")


def _is_small(name: Candidate) -> bool:
    """Tell whether it is too small to be meant where capitals tell nothing, or where it has something."""
    if name.case in ("upper", "lower") and name.size < limit("known_in_one_case"):
        return True
    return name.last.possessive and not name.is_area and name.size < limit("possessive_town")


def _is_house(name: Candidate) -> bool:
    """Tell whether it goes on as a house's or a road's name: "Mill Road", "the Savoy bar"."""
    is_road = name.behind[:1].isupper() and name.behind.lower() in word_list("roads")
    return name.size < limit("house_town") and (is_road or name.behind in word_list("houses"))


def _acts(name: Candidate) -> bool:
    """Tell "US strikes" and "in a US strike", which are by the US, from "in Syria strike", which hit Syria."""
    is_country = any(row.kind == "country" for row in name.rows)
    if not is_country or name.behind.lower() not in word_list("acts"):
        return False
    before = name.tokens[name.start - 1].word.lower()
    return name.lead is None or before in ("a", "an", "the") or name.last.word in ("US", "U.S")


def _is_unknown_town(name: Candidate, mention: Mention, qualifier: Qualifier) -> bool:
    """Tell whether a name that the table lacks is a place: "in Elmo, Missouri", "the Iraqi town of Elmo"."""
    if name.lead is None or name.case != "mixed" or name.end - name.start > 2:
        return False
    is_qualified = qualifier.country is not None and name.last.mark == ","
    is_told = is_qualified or (mention.country is not None and mention.is_named_as_place)
    return is_told and name.last.word.lower() not in word_list("roads")


def _without_wrong_nationality(mention: Mention, qualifier: Qualifier) -> Mention:
    """Forget a nationality that no meaning of the name fits: "the Turkish strikes in Aleppo"."""
    if mention.fitting or qualifier.country or not mention.rows:
        return mention
    return replace(mention, country=None)


@lru_cache(maxsize=8192)  # news names the same places again and again
def rows_of(name: str) -> tuple[Row, ...]:
    """Return the places of a name as the text has it."""
    return tuple(look_up(fold(name)))


def _qualifier_behind(tokens: Sequence[Token], end: int) -> Qualifier:
    """Return country and province of the ", Iraq", ", Mo." or "(Iraq)" behind a name."""
    last = tokens[end - 1]
    is_bracketed = end < len(tokens) and tokens[end].word == "(" and not last.mark
    start = end + is_bracketed
    if start >= len(tokens) or last.possessive or not (is_bracketed or last.mark == ","):
        return Qualifier(None, None, end)
    for stop in range(min(len(tokens), start + 3), start, -1):
        words = tokens[start:stop]
        if all(token.word[:1].isupper() for token in words) and not any(token.mark == "," for token in words[:-1]):
            dotted = "." if words[-1].mark == "." else ""
            country, admin = read_qualifier(" ".join(token.word for token in words) + dotted)
            if country and not words[-1].possessive:
                return Qualifier(country, admin, stop)
    return Qualifier(None, None, end)


def read_qualifier(text: str) -> tuple[str | None, str | None]:
    """Return country and province that a text behind a comma names; provinces only of the USA."""
    if not text:
        return None, None
    if (state := states().get(text) or states().get(text.rstrip("."))) is not None:
        return "USA", state
    names = country_names()
    country = names.get(text) or names.get(text.rstrip("."))
    if country is None:
        areas = {row.country for row in rows_of(text) if row.kind in ("province", "region")}
        country = next(iter(areas)) if len(areas) == 1 else None
    return country, None
