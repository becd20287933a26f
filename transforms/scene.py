"""Prepare a parsed sentence for counting people: its numbers, and what only says more about somebody counted."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from spacy.tokens import Doc, Span, Token

from transforms.numbers import Number, find_numbers

Words = frozenset[str]

_CLOSED_BY = frozenset({"VBD", "VBZ", "VBP", "VBG", "VBN", "MD"})
_DATELINE = re.compile(r"[A-Z][A-Z .,/'-]{3,}[^-–—]{0,60}?(?:--|[-–—])\s")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_PARTS = re.compile(r",?\s*(?:\bincluding|\bincludes|\bamong (?:them|whom)|\bsuch as)\b", re.IGNORECASE)
_OF_THEM = re.compile(r"\s+of (?:them|whom|those|which)\b", re.IGNORECASE)
_AGE = re.compile(
    r",\s(?:(?:both|each|all|also|now|then|only|just)\s)?\d{1,2}"
    r"(?:(?:(?:, \d{1,2})*,? and \d{1,2})?(?:\syears\s(?:of\sage|old)|(?=,(?!\d)|\.?$|\s(?:and|who)\b|;|\s[—–-]))"
    r"|(?:, \d{1,2})*,? and \d{1,2}(?=\s(?:were|was)\b))"
)
_AGES = re.compile(r",?\s[Aa]ge[sd]\s\d[\d, -]*(?:and \d+)?")
_SHARED_AGE = re.compile(
    r"(?:-\s?)?(?:,\s(?:an?\s)?\w+-?)*,?\s?(?:and|or)\s(an?\s)?\w+[\s-]+(?:year|month)s?[\s-]+olds?\b", re.IGNORECASE
)
_NUMERAL = re.compile(r"\d+")
_AGE_NEAR = 14  # tokens from the first age of a list to "old"
_YEAR = re.compile(r"(?:19|20)\d\d")
_GLUED_BEHIND = re.compile(r"\.\w|yo\b|yrs?\b|year")
_SOURCE = re.compile(r"\s(?:[-–|]|::)\s(?:[^-–|:]|\b-\b){2,70}$")
_MOST_PEOPLE = 100_000_000  # no event of the news hit more; also keeps sums within the tables' 32 bits


@dataclass(frozen=True, slots=True)
class CountWords:
    """The words that counting goes by; ``rules/casualties.toml`` says what each list holds."""

    partitives: Words
    sets: Mapping[str, int]
    singular: Words
    ordinals: Words
    collective: Words
    people: Words
    skipped: Words
    triggers: Words
    things: Words
    generic: Words
    kin: Words


Form = Literal["number", "article", "owned", "name", "one", "many"]


@dataclass(frozen=True, slots=True)
class Group:
    """Some people as the text counts them.

    ``key`` tells groups apart: where the number starts, else where the naming word does. ``stated`` is true for a
    number in the text. ``start`` and ``end`` count characters.
    """

    key: int
    head: int
    low: int | None
    high: int | None
    stated: bool
    start: int
    end: int

    @property
    def is_counted(self) -> bool:
        """Tell whether the text says how many they are, at least or at most."""
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: its tokens from ``start`` to before ``end``, its form, and whom it counts.

    ``link`` is what joins it to the phrase before: "" for nothing, "," or "and".
    """

    start: int
    end: int
    form: Form
    group: Group
    link: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A sentence prepared for counting: its numbers by token, and the tokens that only say more about others.

    ``aside`` holds the dateline, what stands in brackets, ages, and what comes after "including".
    ``ages`` tells how many ages a list of them holds, by its first token: "boys, 4 and 6".
    ``phrases`` are the noun phrases outside of it, in reading order.
    """

    doc: Doc
    text: str
    numbers: Mapping[int, Number]
    asides: Mapping[int, Number]
    aside: frozenset[int]
    words: CountWords
    ages: Mapping[int, int]
    phrases: tuple[Phrase, ...] = ()


def is_out_of_them(group: Group, text: str) -> bool:
    """Tell whether a group is some of those named before: "one of them", "two of whom"."""
    return group.stated and _OF_THEM.match(text, group.end) is not None


def shares_age(number: Token) -> bool:
    """Tell whether a number is the age of somebody by what stands behind: the 18 of "an 18 and a 15 year old"."""
    match = _SHARED_AGE.match(number.doc[number.i + 1 : number.i + _AGE_NEAR].text_with_ws)
    if match is None or not number.text.rstrip("-").isalnum():
        return False
    opening = number.nbor(-1).lower_ if number.i else ""
    has_hyphen = number.text.endswith("-") or number.doc[number.i + 1].text == "-"
    return match[1] is None or has_hyphen or opening in {"a", "an"}


def prepare(doc: Doc, words: CountWords) -> Scene:
    """Find the numbers of a sentence and set aside those that count part of what another one counts."""
    aside = frozenset(_aside(doc, words))
    text = doc.text  # put together anew at every call
    numbers: dict[int, Number] = {}
    asides: dict[int, Number] = {}
    for number in find_numbers(text):
        span = doc.char_span(number.core, number.end, alignment_mode="expand")
        if span is not None and _is_count(number, span) and max(number.low or 0, number.high or 0) <= _MOST_PEOPLE:
            is_part = span.start in aside or _OF_THEM.match(text, number.end) is not None
            (asides if is_part else numbers).update((token.i, number) for token in span)
    if not numbers and asides:
        numbers = {i: number for i, number in asides.items() if _OF_THEM.match(text, number.end)}
    return Scene(doc, text, numbers, asides, aside, words, dict(_age_lists(doc, text)))


def _age_lists(doc: Doc, text: str) -> Iterator[tuple[int, int]]:
    """Yield where several ages of several people stand, and how many they are."""
    for pattern in (_AGE, _AGES):
        for match in pattern.finditer(text):
            ages = _NUMERAL.findall(match.group())
            if len(ages) > 1:
                yield next(_within(doc, *match.span()), 0), len(ages)


def _is_count(number: Number, span: Span) -> bool:
    """Tell whether a number may count: no year of "the 2013 murder", no age of "He was 71.His death"."""
    is_year = _YEAR.fullmatch(span.text) is not None and span.root.head.tag_ in {"NN", "NNP"}
    if shares_age(span[0]):
        return False
    return not is_year and _GLUED_BEHIND.match(span.text, number.end - span.start_char) is None


def _aside(doc: Doc, words: CountWords) -> Iterator[int]:
    text = doc.text
    for pattern in (_BRACKETS, _AGE, _AGES):
        for match in pattern.finditer(text):
            yield from _within(doc, *match.span())
    for found in (_DATELINE.match(text), _SOURCE.search(text)):
        places = list(_within(doc, *found.span())) if found else []
        if not any(doc[i].tag_.startswith("V") for i in places):
            yield from places
    for match in _PARTS.finditer(text):
        places = list(_part(doc, match))
        # "attacks such as the killing of four guards" names no part of a number.
        if not match.group().endswith("as") or words.triggers.isdisjoint(doc[i].lower_ for i in places):
            yield from places


def _within(doc: Doc, start: int, end: int) -> Iterator[int]:
    return (token.i for token in doc if start <= token.idx < end)


def _part(doc: Doc, match: re.Match[str]) -> Iterator[int]:
    """Yield the tokens from a word like "including" to the comma or verb that ends what it lists."""
    is_list = match.group().endswith("as")
    start, end = match.span()
    for token in doc:
        if token.idx + len(token) <= start:
            continue
        is_closed = token.tag_ in _CLOSED_BY or token.tag_.startswith("W")
        if token.idx >= end and (is_closed or (token.text == "," and not is_list and _is_closing(token))):
            return
        yield token.i


def _is_closing(comma: Token) -> bool:
    """Tell whether a comma ends a list: no number or article follows."""
    following = comma.nbor(1) if comma.i + 1 < len(comma.doc) else comma
    is_joined = following.lower_ == "and" and comma.doc[comma.i + 2 : comma.i + 3].text.lower() in {"a", "an"}
    return not (following.like_num or following.lower_ in {"a", "an"} or is_joined)
