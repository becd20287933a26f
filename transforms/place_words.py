"""Words of a sentence and the word lists of ``rules/where.toml`` that tell places by them."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

from transforms.rule_files import read_file

Case = Literal["upper", "lower", "title", "mixed"]

_TOKEN = re.compile(r"[^\s()\[\]“”\"]+|[()]")


class Token(NamedTuple):
    """A word, where it stands, and the marks behind it."""

    start: int
    end: int  # of the word, without the marks behind it
    word: str
    mark: str  # what stands behind the word: "," or "." or nothing
    possessive: bool


def read_tokens(text: str) -> list[Token]:
    """Return the words of a sentence without their marks; brackets are words."""
    return [_token(found.group(), found.start()) for found in _TOKEN.finditer(text)]


def _token(raw: str, start: int) -> Token:
    if raw.isalpha():
        return Token(start, start + len(raw), raw, "", False)
    kept = raw.lstrip("'‘’")
    start += len(raw) - len(kept)
    word = kept.rstrip(",.;:!?…'’") or kept
    mark = kept[len(word) : len(word) + 1]
    is_possessive = word.endswith(("'s", "’s"))
    word = word[:-2] if is_possessive else word
    return Token(start, start + len(word), word, mark, is_possessive)


def case_of(text: str) -> Case:
    """Return "upper", "lower", "title" or "mixed": only in the last capitals tell names."""
    if text.isupper() or text.islower():
        return "upper" if text.isupper() else "lower"
    words = [word for word in text.split() if len(word) > 3]
    capitals = sum(word[0].isupper() for word in words)
    return "title" if len(words) > 3 and capitals > 0.7 * len(words) else "mixed"


@cache
def states() -> Mapping[str, str]:
    """Return the codes of the states of the USA by name and short form."""
    return {
        name.replace("_", " "): code
        for code, names in read_file("regions")["states"].items()
        for name in (code, *names.split())
    }


def is_modifier(word: str) -> bool:
    """Tell whether a word may stand between a preposition and a name."""
    return word in word_list("modifiers") or ("-" in word and word.endswith(tuple(word_list("modifier_endings"))))


@cache
def prepositions() -> Mapping[str, int]:
    """Return what it costs to take a name behind a preposition for the place of the event."""
    found: Mapping[str, int] = read_file("where")["prepositions"]
    return found


@cache
def word_list(name: str) -> frozenset[str]:
    """Return one list of the rules."""
    return frozenset(read_file("where")["words"][name].split())


@cache
def telling() -> frozenset[str]:
    """Return the words behind a name that make it a place."""
    return word_list("nouns") | word_list("events") | word_list("event_fillers")


def limit(name: str) -> int:
    """Return a limit of the rules, ten times the decimal logarithm of a population."""
    return int(read_file("where")["limits"][name])
