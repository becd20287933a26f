"""Whose a party is: the country of an actor or target by country, nationality, seat, organisation or leader."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from transforms.rule_files import read_file

_LOOK_BACK, _LOOK_AHEAD = 10, 20  # years around an office in which a full name is still that leader's
_WORD = re.compile(r"[^\s,;:()\[\]\"“”&/]+|[,&/]")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s?$")
_YEARS = re.compile(r"(.+) (\d{4})-(\d{4})?$")
_ENOUGH_WORDS = 50  # to tell that a text is in one case
_ANY_CASE_LEAST = 3  # letters that tell a name when capitals do not


@dataclass(frozen=True, slots=True)
class Office:
    """Whom a leader's name stands for, and when; ``country`` is None for those who speak for an organisation."""

    country: str | None
    first: int
    last: int
    is_full_name: bool

    def covers(self, year: int) -> bool:
        """Tell whether the name still means this leader in a year."""
        before, after = (_LOOK_BACK, _LOOK_AHEAD) if self.is_full_name else (1, 1)
        return self.first - before <= year <= self.last + after


@dataclass(frozen=True, slots=True)
class Hit:
    """A name found in a name: its words, and the countries that it may stand for; none for an organisation of many."""

    start: int
    end: int
    countries: tuple[str, ...]
    is_leader: bool = False


def country_of(name: str | None, published: date | None, nearby: Mapping[str, float] | None = None) -> str | None:
    """Return the country (ISO 3166-1 alpha-3) that a party belongs to, None when it has none or several.

    ``nearby`` counts the countries that the article mentions; it decides names such as "Congress".
    """
    words = split_name(name or "")
    if not words:
        return None
    hits = [hit for hit in find_names(words, published) if not _is_aside(hit, words)]
    if not hits:
        family = _family_alone(words, published, nearby or {})
        return _only(family, nearby) if family is not None else None
    if _joins_others(hits, words):
        return None
    leader = next((hit for hit in hits if hit.is_leader), hits[0])
    return _only(leader, nearby)


def split_name(name: str) -> list[str]:
    """Return the words of a name without possessive endings."""
    return [word for word in map(_plain, _WORD.findall(name)) if word]


def _plain(word: str) -> str:
    if word.isalpha():
        return word
    word = word.strip("'’") if word.count(".") > 1 else word.strip(".'’")
    return _POSSESSIVE.sub("", word)


def find_names(words: Sequence[str], published: date | None = None, *, leaders: bool = True) -> Iterator[Hit]:
    """Yield the known names among words, longest first at each place, none within another."""
    is_one_case = _is_one_case(words)
    openers = _openers(lowered=is_one_case)
    place = 0
    while place < len(words):
        longest = openers.get(words[place].lower() if is_one_case else words[place])
        if longest is None:
            place += 1
            continue
        for end in range(min(len(words), place + longest), place, -1):
            text = " ".join(words[place:end])
            name = _any_case().get(text.lower(), text) if is_one_case and text not in load_names() else text
            hit = _look_up(name, place, end, published, leaders)
            if hit is not None:
                yield hit
                place = end - 1
                break
        place += 1


def _look_up(name: str, start: int, end: int, published: date | None, leaders: bool) -> Hit | None:
    countries = load_names().get(name)
    if countries is not None:
        return Hit(start, end, countries)
    if not leaders or end - start == 1:
        return None
    return _leader_hit(start, end, [office for office in _leaders().get(name, ()) if office.is_full_name], published)


def _leader_hit(start: int, end: int, offices: Sequence[Office], published: date | None) -> Hit | None:
    if published is not None:
        offices = [office for office in offices if office.covers(published.year)]
        in_office = [office for office in offices if office.first <= published.year <= office.last]
        offices = in_office or offices
    countries = {office.country for office in offices}
    if len(countries) != 1:
        return None
    return Hit(start, end, tuple(country for country in countries if country), is_leader=True)


def _family_alone(words: Sequence[str], published: date | None, nearby: Mapping[str, float]) -> Hit | None:
    """Return the leader whose family name ends the words, when nothing but titles stands before it."""
    titles, words = _word_list("titles", "words"), _without_regime(words)
    for start in range(len(words)):
        family = _known_form(words[start:])
        offices = [office for office in _leaders().get(family, ()) if not office.is_full_name]
        if offices:
            hit = _leader_hit(start, len(words), offices, published)
            is_titled = start > 0 and words[start - 1].lower() not in _word_list("titles", "courtesy")
            is_known = is_titled or family.lower() not in _word_list("titles", "common")
            return hit if is_known or (hit is not None and _is_about(hit, nearby)) else None
        if words[start].lower() not in titles:
            break
    return None


def _without_regime(words: Sequence[str]) -> Sequence[str]:
    is_regime = len(words) > 1 and words[-1].lower() in ("administration", "government", "regime", "team")
    return words[:-1] if is_regime else words


def _is_about(hit: Hit, nearby: Mapping[str, float]) -> bool:
    """Tell whether the article speaks of the leader's country most."""
    most = max(nearby, key=lambda country: (nearby[country], country), default=None)
    return most is not None and hit.countries == (most,)


def _known_form(words: Sequence[str]) -> str:
    text = " ".join(words)
    return _any_case().get(text.lower(), text) if _is_one_case(words) and text not in load_names() else text


def _only(hit: Hit, nearby: Mapping[str, float] | None) -> str | None:
    if len(hit.countries) < 2:
        return hit.countries[0] if hit.countries else None
    counts = sorted(((nearby or {}).get(country, 0), country) for country in hit.countries)
    return counts[-1][1] if counts[-1][0] > counts[-2][0] else None


def _is_aside(hit: Hit, words: Sequence[str]) -> bool:
    """Tell whether it is not the party's own: "envoy for Syria", "critics of Israel", "Michael Jordan"."""
    if hit.is_leader:
        return False
    before = [word.lower() for word in words[: hit.start] if word.lower() != "the"]
    if before and before[-1] in ("to", "for", "on", "with", "against", "toward", "towards", "about", "near"):
        return True
    if before and set(before) & _word_list("outsiders", "heads"):
        return True
    return _is_person(hit, words)


def _is_person(hit: Hit, words: Sequence[str]) -> bool:
    """Tell whether it is part of a person's name: "Michael Jordan", "Chad Smith"."""
    if hit.end - hit.start > 1 or words[hit.start] not in _person_names():
        return False
    titles, offices = _word_list("titles", "words"), _word_list("titles", "offices")
    before = words[hit.start - 1] if hit.start else ""
    after = words[hit.end] if hit.end < len(words) else ""
    beside = [word for word in (before, after) if word[:1].isupper() and word.lower() not in titles | offices]
    leaders, common = _leaders(), _word_list("titles", "common")
    strange = (word for word in beside if word not in load_names() and (word not in leaders or word.lower() in common))
    return any(not word.isupper() for word in strange)


def _joins_others(hits: Sequence[Hit], words: Sequence[str]) -> bool:
    """Tell whether parties of several countries stand side by side, as in "France and Germany"."""
    first = hits[0]
    for hit in hits[1:]:
        between = words[first.end : hit.start]
        if hit.countries != first.countries and between and between[-1] in ("and", "&", ",", "/", "or"):
            return True
    return False


def count_countries(text: str) -> Counter[str]:
    """Count how often a text names each country: by name, nationality, seat, organisation or part."""
    words = split_name(text)
    return Counter(
        hit.countries[0]
        for hit in find_names(words, leaders=False)
        if len(hit.countries) == 1 and not _is_person(hit, words)
    )


def _is_one_case(words: Sequence[str]) -> bool:
    text = "".join(words[:_ENOUGH_WORDS])
    return text.isupper() or text.islower()


@cache
def load_names() -> Mapping[str, tuple[str, ...]]:
    """Return the countries that each known name may stand for, none for an organisation of many."""
    data = read_file("nations")
    names: dict[str, tuple[str, ...]] = {}
    for country, known in read_file("countries").items():
        names |= dict.fromkeys(known, (country,))
    for nationality, short in read_file("demonyms").items():
        names |= {nationality: names[short]} if short in names else {}
    for part in ("demonyms", "seats", "organisations", "parts"):
        for country, known in data[part].items():
            names |= dict.fromkeys(known, () if country == "NOBODY" else (country,))
    names |= dict.fromkeys(data["nobody"]["names"], ())
    names |= {name: tuple(countries) for name, countries in data["several"].items()}
    return {" ".join(split_name(name)): countries for name, countries in names.items()}


@cache
def country_names() -> Mapping[str, str]:
    """Return the code of each country by its names alone."""
    return {name: code for code, names in read_file("countries").items() for name in names}


@cache
def demonym_countries() -> Mapping[str, str]:
    """Return the code of the country of each nationality."""
    more = {name: code for code, names in read_file("nations")["demonyms"].items() for name in names}
    names = country_names()
    return {name: names[short] for name, short in read_file("demonyms").items() if short in names} | more


@cache
def _any_case() -> Mapping[str, str]:
    """Return names by their letters in lower case, but for those that are other words then."""
    known = {name.lower(): name for name in [*_leaders(), *load_names()] if len(name) >= _ANY_CASE_LEAST}
    return {lowered: name for lowered, name in known.items() if lowered not in _word_list("titles", "other_words")}


@cache
def _leaders() -> Mapping[str, tuple[Office, ...]]:
    leaders: defaultdict[str, list[Office]] = defaultdict(list)
    for country, entries in read_file("leaders").items():
        for entry in entries:
            for name, office in _read_leader(entry, None if country == "NONE" else country):
                leaders[" ".join(split_name(name))].append(office)
    return {name: tuple(offices) for name, offices in leaders.items()}


def _read_leader(entry: str, country: str | None) -> Iterator[tuple[str, Office]]:
    """Yield the names of ``Given *Family Name|Other Spelling 1990-1999`` with the office."""
    found = _YEARS.match(entry)
    if found is None:
        raise ValueError(f"leaders.toml: {entry!r} has no years")
    first, last = int(found[2]), int(found[3] or 9999)
    for name in found[1].split("|"):
        given, star, family = name.rpartition("*")
        full = given + family
        if star or " " not in name:
            yield family, Office(country, first, last, is_full_name=not given and " " in family)
        elif name == found[1].split("|")[0] or "*" not in found[1]:
            yield name.rpartition(" ")[2], Office(country, first, last, is_full_name=False)
        if " " in full and (given or not star):
            yield full, Office(country, first, last, is_full_name=True)


@cache
def _openers(*, lowered: bool) -> Mapping[str, int]:
    """Return how many words the longest name has that begins with a word: most words begin none."""
    openers: dict[str, int] = {}
    for name in [*load_names(), *_leaders()]:
        words = (name.lower() if lowered else name).split()
        openers[words[0]] = max(openers.get(words[0], 0), len(words))
    return openers


@cache
def _person_names() -> frozenset[str]:
    return frozenset(read_file("nations")["persons"]["names"])


@cache
def _word_list(table: str, name: str) -> frozenset[str]:
    return frozenset(read_file("nations")[table][name].split())
