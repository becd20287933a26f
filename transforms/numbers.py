"""Read numbers in news text: digits, words, vague words and the bounds that go with them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from transforms.rule_files import read_file

_TOKEN = re.compile(r"\d{1,3}(?:,\d{2,3})+(?!\d)|\d+(?:\.\d+)?|[^\W\d_]+|\S")
_GLUE = re.compile(
    r"(?:[$£€¥#/:.,\w]|\w[-–]|\b[Nn]os?\. ?|\b(?:[Aa]ged?|turned|turning) |"
    r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.? |"
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December) )$"
)
_MAYBE = re.compile(r",?\s(?:and\s|or\s)?(?:maybe|perhaps|possibly|probably|potentially|even),?\s", re.IGNORECASE)
_RISING = re.compile(r"\b(?:gone|goes|went|going|risen|rises|rose|rising|climbed|climbs|shot)\s$", re.IGNORECASE)
_BARE_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST_DIGITS = 18  # characters; a longer row of digits is an identifier
_MOST_BOUNDS = 4  # "at least some ..."
_LONGEST_PHRASE = 5  # words


@dataclass(frozen=True, slots=True)
class Number:
    """A number as the text bounds it; ``None`` is an open end.

    ``start`` and ``end`` count characters and take in the bound ("at least 20"); ``core`` is where the numeral starts.
    """

    low: int | None
    high: int | None
    start: int
    core: int
    end: int


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Numeral:
    """A numeral without bounds, and the index of the word behind it."""

    value: int
    is_open: bool
    after: int


@dataclass(frozen=True, slots=True)
class _Grammar:
    cardinals: Mapping[str, int]
    scales: Mapping[str, int]
    phrases: Mapping[str, tuple[int, bool]]
    openings: frozenset[str]
    before: Mapping[str, str]
    after: Mapping[str, str]
    measured: re.Pattern[str]
    dated: re.Pattern[str]


@lru_cache(maxsize=1)
def _grammar() -> _Grammar:
    data = read_file("numbers")
    vague = {_spaced(phrase): (value, True) for phrase, value in data["vague"].items()}
    exact = {_spaced(phrase): (value, False) for phrase, value in data["exact"].items()}
    before = {_spaced(phrase): kind for kind, phrases in data["before"].items() for phrase in phrases}
    after = {_spaced(phrase): kind for kind, phrases in data["after"].items() for phrase in phrases}
    return _Grammar(
        cardinals=data["cardinals"],
        scales=data["scales"],
        phrases=vague | exact,
        openings=frozenset(phrase.split(" ")[0] for phrase in (*vague, *exact, *before, *after)),
        before=before,
        after=after,
        measured=re.compile(rf"[\s-]*(?:{'|'.join(data['units']['words'])})(?!\w)|[/:]\d", re.IGNORECASE),
        dated=re.compile(rf"\b(?:{'|'.join(data['units']['dated'])})[\s,]+$", re.IGNORECASE),
    )


def _words(text: str) -> list[_Word]:
    return [_Word(match.group().lower(), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def _spaced(phrase: str) -> str:
    return " ".join(word.text for word in _words(phrase))


def find_numbers(text: str) -> list[Number]:
    """Return the numbers that may count something, in reading order; measures, ages, money and dates are left out."""
    words = _words(text)
    found: list[Number] = []
    index = 0
    while index < len(words):
        number, index = _read_bounded(text, words, index)
        if number is None:
            continue
        if found and _MAYBE.fullmatch(text, found[-1].end, number.core):
            number = replace(number, low=found[-1].low, start=found.pop().start)
        found.append(number)
    return found


def _read_bounded(text: str, words: list[_Word], first: int) -> tuple[Number | None, int]:
    """Read a numeral with what bounds it on both sides; without one, return None and the next word."""
    grammar = _grammar()
    core, kinds = first, list[str]()
    while len(kinds) < _MOST_BOUNDS and (phrase := _match(grammar.before, words, core)):
        is_rise = phrase == "up to" and _RISING.search(text, 0, words[core].start) is not None
        kinds.append("about" if is_rise else grammar.before[phrase])
        core += phrase.count(" ") + 1
    is_between = core + 1 < len(words) and words[core].text == "between"
    core += is_between
    numeral = _read_numeral(text, words, core)
    if numeral is None:
        return None, first + 1
    top = _read_range_end(words, numeral, between=is_between)
    numeral = _scaled(words, numeral, top) if top else numeral
    after = top.after if top else numeral.after
    if phrase := _match(grammar.after, words, after):
        kinds.append(grammar.after[phrase])
        after += phrase.count(" ") + 1
    is_span_of_years = top is not None and _BARE_YEAR.fullmatch(words[top.after - 1].text) is not None
    if is_span_of_years or grammar.measured.match(text, words[after - 1].end):
        return None, after
    low, high = _bounds(numeral, top, kinds)
    return Number(low, high, words[first].start, words[core].start, words[after - 1].end), after


def _bounds(numeral: _Numeral, top: _Numeral | None, kinds: Sequence[str]) -> tuple[int | None, int | None]:
    if top:
        return numeral.value, top.value
    if "upper" in kinds:
        return None, numeral.value
    return numeral.value, None if numeral.is_open or "lower" in kinds else numeral.value


def _read_range_end(words: list[_Word], low: _Numeral, *, between: bool) -> _Numeral | None:
    """Read the "to 20" of "15 to 20"."""
    joints = {"and"} if between else {"to", "-", "–", "or"}
    if low.after + 1 >= len(words) or words[low.after].text not in joints:
        return None
    top = _read_cardinal(words, low.after + 1)
    return top if top and top.value > low.value and not low.is_open else None


def _scaled(words: list[_Word], low: _Numeral, top: _Numeral) -> _Numeral:
    """Give the low end of "two to three million" the scale of the high end."""
    scale = _grammar().scales.get(words[top.after - 1].text, 1)
    is_below = low.value < scale and low.value * scale < top.value
    return replace(low, value=low.value * scale) if is_below else low


def _match(phrases: Mapping[str, object], words: list[_Word], first: int) -> str | None:
    """Return the longest phrase that stands at a word."""
    if first >= len(words) or words[first].text not in _grammar().openings:
        return None
    for size in range(min(_LONGEST_PHRASE, len(words) - first), 0, -1):
        phrase = " ".join(word.text for word in words[first : first + size])
        if phrase in phrases:
            return phrase
    return None


def _read_numeral(text: str, words: list[_Word], first: int) -> _Numeral | None:
    grammar = _grammar()
    if first >= len(words) or _is_glued(text, words[first]):
        return None
    phrase = _match(grammar.phrases, words, first)
    if phrase is None:
        return _read_cardinal(words, first)
    value, is_open = grammar.phrases[phrase]
    after = first + phrase.count(" ") + 1
    if phrase == "no" and text[words[first].end : words[first].end + 1] == ".":
        return None
    if value and after < len(words) and words[after].text in grammar.scales:
        return _Numeral(value * grammar.scales[words[after].text], is_open, after + 1)
    return _Numeral(value, is_open, after)


def _is_glued(text: str, word: _Word) -> bool:
    """Tell whether a numeral belongs to a name, a date, a time or a sum: F-16, 10/7, 3:30, $5."""
    before = text[max(word.start - 12, 0) : word.start]
    if not word.text[0].isdecimal():
        return False
    return bool(_GLUE.search(before) or (_BARE_YEAR.fullmatch(word.text) and _grammar().dated.search(before)))


def _read_cardinal(words: list[_Word], first: int) -> _Numeral | None:
    """Read "1,200", "2.5 million", "twenty-one", "a hundred and five", "two dozen"."""
    scales = _grammar().scales
    text = words[first].text
    following = words[first + 1].text if first + 1 < len(words) else ""
    if text[0].isdecimal():
        if len(text) > _LONGEST_DIGITS:
            return None
        value, after = float(text.replace(",", "")), first + 1
        while after < len(words) and words[after].text in scales and value < 10**_LONGEST_DIGITS:
            value, after = value * scales[words[after].text], after + 1
        return _Numeral(int(value), False, after) if value == int(value) else None
    if text in {"a", "an"} and following in scales:
        return _read_words(words, first + 1, 1)
    if text in {"dozen", "hundred", "thousand"}:
        return _read_words(words, first, 1)
    return _read_words(words, first, None)


def _read_words(words: list[_Word], first: int, group: int | None) -> _Numeral | None:
    """Add up number words; ``group`` is what the words since the last "thousand" or "million" amount to."""
    grammar = _grammar()
    total, index = 0, first
    while index < len(words):
        joint = words[index].text if group is not None and words[index].text in {"and", "-"} else ""
        place = index + bool(joint)
        word = words[place].text if place < len(words) else ""
        value, scale = grammar.cardinals.get(word), grammar.scales.get(word)
        if scale and group and joint != "and":
            total, group = (total, group * scale) if scale < 1000 else (total + group * scale, 0)
        elif value is not None and _fits(value, group, joint):
            group = (group or 0) + value
        else:
            break
        index = place + 1
    return _Numeral(total + (group or 0), False, index) if index > first else None


def _fits(value: int, group: int | None, joint: str) -> bool:
    """Tell whether a cardinal word goes on with what was read: "twenty" + "-" + "one", "hundred" + "and" + "five"."""
    if group is None:
        return True
    if joint != "and" and group % 100 >= 20 and group % 10 == 0:
        return 0 < value < 10
    return joint != "-" and group % 100 == 0 and value < 100
