"""The table of places: towns, provinces, regions and countries by folded name, read once per process."""

import gzip
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Kind = Literal["town", "alias", "province", "district", "region", "country"]
KINDS: dict[str, Kind] = {
    "": "town",
    "a": "alias",
    "p": "province",
    "d": "district",
    "r": "region",
    "c": "country",
}

_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i", "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "ß": "ss"}
    | {"æ": "ae", "Æ": "Ae", "œ": "oe", "ə": "a", "Ə": "A", "-": " ", "–": " ", "/": " "}
)

_MARKS = re.compile(r"[^\w\s]|_|[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Row:
    """One meaning of a name; ``size`` is ten times the decimal logarithm of the population."""

    country: str
    admin: str
    latitude: float
    longitude: float
    size: int
    kind: Kind


def fold(name: str) -> str:
    """Return a name as the table has it: lower case, no accents, no marks, single spaces, "st" for saint."""
    plain = name.translate(_LETTERS)
    plain = plain if plain.isascii() else unicodedata.normalize("NFKD", plain)
    words = _MARKS.sub("", plain).lower().split()
    return " ".join(["st" if word == "saint" else word for word in words])


def look_up(folded: str) -> list[Row]:
    """Return the meanings of a folded name."""
    lines = load_lines()
    start = folded + "\t"
    place = bisect_left(lines, start)
    rows = []
    while place < len(lines) and lines[place].startswith(start):
        rows.append(_parse(lines[place]))
        place += 1
    return rows


def _parse(line: str) -> Row:
    _, country, admin, latitude, longitude, size, kind = line.split("\t")
    return Row(country, admin, float(latitude), float(longitude), int(size), KINDS[kind])


@cache
def load_lines() -> Sequence[str]:
    """Return the table's lines, sorted; plain lines take a fifth of the memory of parsed rows."""
    packed = files("transforms").joinpath("rules/places.tsv.gz").read_bytes()
    return list(_without_comments(gzip.decompress(packed).decode("utf-8")))


def _without_comments(table: str) -> Iterator[str]:
    return (line for line in table.split("\n") if line and not line.startswith("#"))
