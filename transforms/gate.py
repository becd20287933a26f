"""A fast look at the words: sentences that no rule can fire on are never parsed."""

import re
from collections import defaultdict
from functools import cache

from transforms.rule_files import read_file


def passes(text: str) -> bool:
    """Tell whether a sentence has a word of the gate."""
    return gate().search(text.lower()) is not None


@cache
def gate() -> re.Pattern[str]:
    """Return the one pattern of the gate, compiled once per process.

    The alternatives are grouped by their first letter: tried one after the other they would cost as much as a parse.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for alternative in alternatives():
        first = alternative[0] if alternative[0].isalpha() else ""
        groups[first].append(alternative.removeprefix(first))
    rest = groups.pop("")
    grouped = [f"{first}(?:{'|'.join(tails)})" for first, tails in groups.items()]
    return re.compile(rf"\b(?:{'|'.join(grouped + rest)})")


def alternatives() -> list[str]:
    """Return what the gate looks for at the beginning of words, in lower case."""
    own, casualties = read_file("gate"), read_file("casualties")
    words = [rf"{word}\b" for word in own["words"]]
    return [*own["stems"], *words, *own["phrases"], *(stem.removeprefix("\\b") for stem in casualties["gate"])]
