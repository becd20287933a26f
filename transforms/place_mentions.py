"""Place names of a sentence that something beside them makes places: a preposition, a country, "city", "bombing"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from transforms.nations import demonym_countries
from transforms.place_names import LONGEST_NAME, NOUN_COST, Mention, read_name, read_qualifier, rows_of
from transforms.place_words import Case, Token, case_of, is_modifier, prepositions, read_tokens, telling, word_list

_DATELINE_COST = 180
_LIST_COST = 10
_HOLDER_COST = 80  # "the government in Baghdad" says whose it is, not where


@lru_cache(maxsize=64)  # a sentence with several events is read once
def find_mentions(text: str) -> tuple[Mention, ...]:
    """Return the place names of a sentence that something beside them makes a place, in reading order."""
    tokens = read_tokens(text)
    mentions = tuple(find_datelines(text))
    start = next((n for n, token in enumerate(tokens) if mentions and token.start >= mentions[0].end), 0)
    return mentions + tuple(_walk(tokens, start, case_of(text)))


def find_datelines(text: str) -> Iterator[Mention]:
    """Yield the "PORT SELIM, Norvania (Agency) -" that opens an article."""
    found = _DATELINE.match(text)
    if found is None:
        return
    name, rest = found["name"].strip(), (found["rest"] or "").strip(" ,")
    country, admin = read_qualifier(rest)
    rows = rows_of(name)
    if rows or country:
        yield Mention(
            found.start("name"), found.start("name") + len(name), _DATELINE_COST, rows, country, admin, is_dateline=True
        )


_DATELINE = re.compile(
    r"\W{0,2}(?P<name>(?:[A-Z][A-Z.'’-]+|[a-z]{4,})(?: (?:[A-Z][A-Z.'’-]+|delhi|city)){0,3})"
    r"(?P<rest>, ?[A-Z][\w. ]{1,25}?)?"
    r"(?:, \d{1,2} [A-Z]{3} \d\d| ?\([^)]{2,40}\)|, [A-Z][a-z]+\.? \d{1,2})*\s*(?:--?|–|—|: (?=\S)|(?<=\))\s)"
)


def _walk(tokens: Sequence[Token], start: int, case: Case) -> Iterator[Mention]:
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
            and (found := read_name(tokens, place, case, lead.cost, country)) is not None
        ):
            mention, place = found
            yield mention
            # "in Syria's Idlib" leads on to the place within, "in Idlib and Homs" to the next.
            is_country = tokens[place - 1].possessive and mention.is_country
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


def _lead(tokens: Sequence[Token], place: int) -> _Lead:
    preposition = tokens[place].word.lower()
    before = tokens[place - 1].word.lower() if place else ""
    if preposition == "of" and before in word_list("nouns"):
        return _Lead(NOUN_COST)
    return _Lead(int(prepositions()[preposition]) + (_HOLDER_COST if before in word_list("holders") else 0))
