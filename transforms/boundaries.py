"""Mend the boundaries of sentences that nupunkt draws for news: what it misses, and what it cuts too soon.

``rules/abbreviations.toml`` holds the words that end in a period and do not end a sentence.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from transforms.rule_files import read_file

Span = tuple[int, int]

# A word, what closes the sentence, white space, and what can open the next one: "a man he had never met.  And after".
_ENDED = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,}+)[.!?]++[\"”’']?\s+(?=[“\"‘(\[]?[A-Z][\w.’']*[ ,])")
# The source that aggregators put behind a headline: "Where can they go? - Selim Gazette".
_SOURCE = re.compile(r"[-–—] \S[^.!?]{1,40}(?:\.\w{2,3})?$")
_LAST_WORD = re.compile(r"(\S+)\s*$")
_FIRST_WORD = re.compile(r"\w+")


def mend(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the spans of one line of text with missed boundaries drawn and false ones left out."""
    pending: Span | None = None
    for start, end in (piece for span in spans for piece in _cut(text, *span)):
        if pending and _goes_on(text, pending, (start, end)):
            pending = (pending[0], end)
            continue
        if pending:
            yield pending
        pending = (start, end)
    if pending:
        yield pending


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the parts of a span, cut where an ordinary word ends a sentence."""
    for found in _ENDED.finditer(text, start, end):
        if _is_ordinary(found[1]):
            yield start, found.end()
            start = found.end()
    yield start, end


def _is_ordinary(word: str) -> bool:
    """Tell whether a word before a period is none that is abbreviated: "Corp.", "Sgt."."""
    return word.lower() not in _words("before_anything") and (word.islower() or len(word) >= 5)


def _goes_on(text: str, before: Span, after: Span) -> bool:
    """Tell whether a boundary between two spans is false."""
    rest = text[after[0] : after[1]].rstrip()
    if _SOURCE.fullmatch(rest):
        return True
    last = _LAST_WORD.search(text, *before)
    if last is None or not last[1].endswith("."):
        return False
    if rest[:1].islower():
        return "." in last[1][:-1]  # "T.A.K. said"
    word = last[1].strip("(“\"'").rstrip(".").lower()
    if word in _words("before_names"):
        return True
    following = _FIRST_WORD.match(rest)
    is_office = following is not None and following[0].lower() in _words("offices")
    return is_office and word in _words("before_offices")


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(read_file("abbreviations")[name].split())
