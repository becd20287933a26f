"""Phrases that name a day, a week, a month or a year, resolved against the day of publication."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any, Literal

from transforms.offsets import lower
from transforms.rule_files import read_file

Precision = Literal["day", "week", "month", "year"]
Resolved = tuple[date, Precision] | None

# A day without a year that is nearly a year ago and nearly upon us could be either.
_NEAR = timedelta(days=45)
_SOON = timedelta(days=120)
_DAY = timedelta(days=1)
_SHIFT = {"last": -1, "this": 0, "next": 1}  # years
_CUE_REACH = 60  # characters before a phrase in which "will" makes it lie ahead


@dataclass(frozen=True, slots=True)
class EventDate:
    """The first day of a period, how long the period is, and the words that name it, verbatim."""

    date: date
    precision: Precision
    text: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A match in lower case, the day of publication, and whether words before it say that it lies ahead."""

    match: re.Match[str]
    today: date | None
    ahead: bool

    def __getitem__(self, group: str) -> Any:
        return self.match[group]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A date phrase and where it stands; ``kind`` names its pattern, ``is_ahead`` tells whether "will" leads to it."""

    start: int
    end: int
    kind: str
    resolved: EventDate
    is_ahead: bool


@lru_cache(maxsize=64)  # a sentence with several events is read once
def read_phrases(text: str, today: date | None) -> tuple[Phrase, ...]:
    """Return the phrases that can be resolved, in reading order; without ``today`` only those with a year."""
    lowered = lower(text)  # patterns in lower case are twice as fast as patterns that ignore it
    if not _hot().search(lowered):
        return ()
    phrases = (_resolve(found, text, today) for found in _pattern().finditer(lowered))
    return tuple(phrase for phrase in phrases if phrase is not None)


def _resolve(match: re.Match[str], text: str, today: date | None) -> Phrase | None:
    kind, (start, end) = str(match.lastgroup), match.span()
    found = _Found(match, today, _lies_ahead(match.string, start))
    try:
        resolved = ABSOLUTE[kind](found) if kind in ABSOLUTE else RELATIVE[kind](found, today) if today else None
    except (ValueError, OverflowError):  # 31 February, or before the year 1
        return None
    if resolved is None:
        return None
    return Phrase(start, end, kind, EventDate(*resolved, text[start:end].strip()), found.ahead)


def _lies_ahead(text: str, start: int) -> bool:
    before = text[max(0, start - _CUE_REACH) : start]
    clause = re.split(r"[,;:.“”\"]", before)[-1]
    return _future().search(clause) is not None


def _named_day(found: _Found, prefix: str) -> Resolved:
    """Read "3 March 2021", "March 3" and the like."""
    year = _year(found, prefix)
    month, day = month_number(found[f"{prefix}_m"]), int(found[f"{prefix}_d"])
    if year is not None:
        return date(year, month, day), "day"
    if (weekday := found[f"{prefix}_wd"]) and found.today is not None:
        return _by_weekday(month, day, found.today, weekday)
    return _without_year(month, day, found.today, found.ahead)


def _by_weekday(month: int, day: int, today: date, weekday: str) -> Resolved:
    """Read "Sunday, Nov. 15": the weekday tells the year."""
    names = [name[:3] for name in _data()["weekdays"]]
    candidates = (date(year, month, day) for year in range(today.year + 1, today.year - 5, -1))
    fitting = (known for known in candidates if names[known.weekday()] == weekday[:3] and known <= today + _SOON)
    found = next(fitting, None)
    return (found, "day") if found else None


def _without_year(month: int, day: int, today: date | None, ahead: bool) -> Resolved:
    if today is None:
        return None
    this_year, next_year = date(today.year, month, day), today.year + 1
    if ahead:
        return (this_year if this_year >= today else date(next_year, month, day)), "day"
    if this_year > today + _SOON:
        return date(today.year - 1, month, day), "day"
    is_either = today - this_year > timedelta(days=365) - _NEAR
    return None if is_either else (this_year, "day")


def _year(found: _Found, prefix: str) -> int | None:
    if full := found[f"{prefix}_y"]:
        return int(full)
    if (relation := found[f"{prefix}_rel"]) and found.today:
        return found.today.year + _SHIFT[relation]
    short = found["dm_yy"] if prefix == "dm" else None
    return 1900 + int(short) if short else None


def _day_month(found: _Found) -> Resolved:
    return _named_day(found, "dm")


def _month_day(found: _Found) -> Resolved:
    return _named_day(found, "md")


def _iso(found: _Found) -> Resolved:
    return date.fromisoformat(found["iso_d"]), "day"


def _numeric(found: _Found) -> Resolved:
    """Read 13.04.2020 and 13/04/2020; 03/04/2020 is either, hence nothing."""
    first, mark, second, year = int(found["num_a"]), found["num_mark"], int(found["num_b"]), int(found["num_y"])
    if mark == "." or first > 12 or first == second:
        return date(year, second, first), "day"
    return (date(year, first, second), "day") if second > 12 else None


def _month_year(found: _Found) -> Resolved:
    month = month_number(found["my_m"])
    if found["my_y"]:
        return date(int(found["my_y"]), month, 1), "month"
    return (date(found.today.year + _SHIFT[found["my_rel"]], month, 1), "month") if found.today else None


def _month(found: _Found, today: date) -> Resolved:
    name = found["mo_m"] or found["mo_bare"]
    return _month_without_year(month_number(name), _group(found, "mo_rel"), today, found.ahead)


def _month_without_year(month: int, relation: str, today: date, ahead: bool) -> Resolved:
    since = (today.month - month) % 12  # months since the last one of that name, this month included
    if relation == "last" and since == 0:
        since = 12
    if ahead or relation == "next":
        since -= 12 if since or relation == "next" else 0
    elif since == 11 and relation != "last":
        return None  # "in January" in December: the one before or the one to come
    months = today.year * 12 + today.month - 1 - since
    return date(months // 12, months % 12 + 1, 1), "month"


def _weekday(found: _Found, today: date) -> Resolved:
    """Read a weekday as the last one on or before publication, unless words say that it lies ahead."""
    number, relation = _data()["weekdays"].index(found["wd_d"]), _group(found, "wd_rel") or _group(found, "wd_behind")
    week = _group(found, "wd_week") or _group(found, "wd_week_before")
    if week:
        monday = today - today.weekday() * _DAY
        return monday + (number + 7 * (("next" in week) - ("last" in week))) * _DAY, "day"
    back = (today.weekday() - number) % 7
    if relation == "next" or (found.ahead and back):
        return today + (7 - back) * _DAY, "day"
    return today - (back or (7 if relation == "last" else 0)) * _DAY, "day"


def _day_word(found: _Found, today: date) -> Resolved:
    word = found["word_d"]
    shift = {"yesterday": -1, "last night": -1, "tomorrow": 1}.get(" ".join(word.split()), 0)
    return today + (-2 if word.startswith("the day before") else shift) * _DAY, "day"


def _ago(found: _Found, today: date) -> Resolved:
    said, unit = found["ago_n"], found["ago_u"]
    number = int(said) if said.isdigit() else _data()["numbers"][said]
    return _back(today, number, unit)


def _back(today: date, number: int, unit: str) -> Resolved:
    if unit == "hour":
        return (today, "day") if number < 12 else None
    if unit == "day":
        return today - number * _DAY, "day"
    if unit == "week":
        return today - (today.weekday() + 7 * number) * _DAY, "week"
    if unit == "month":
        months = today.year * 12 + today.month - 1 - number
        return date(months // 12, months % 12 + 1, 1), "month"
    return date(today.year - number, 1, 1), "year"


def _period(found: _Found, today: date) -> Resolved:
    number = {"last": 1, "previous": 1, "next": -1}.get(_group(found, "per_rel"), 0)
    return _back(today, number, found["per_u"])


def _weekend(found: _Found, today: date) -> Resolved:
    """Read a weekend as the week that it ends; early in a week the last one."""
    relation = _group(found, "end_rel")
    if relation == "next" or (relation == "this" and found.ahead):
        return None
    is_over = today.weekday() < 5 or relation == "last"
    return _back(today, int(is_over), "week")


def _year_alone(found: _Found) -> Resolved:
    year = int(found["yr_a"] or found["yr_b"])
    return (date(year, 1, 1), "year") if found.today is None or year <= found.today.year + 10 else None


def _holiday(found: _Found) -> Resolved:
    month, day = _data()["holidays"][found["hol_d"]]
    if found["hol_y"]:
        return date(int(found["hol_y"]), month, day), "day"
    return _without_year(month, day, found.today, found.ahead)


ABSOLUTE: Mapping[str, Callable[[_Found], Resolved]] = {
    "iso": _iso,
    "numeric": _numeric,
    "day_month": _day_month,
    "month_day": _month_day,
    "month_year": _month_year,
    "year": _year_alone,
    "holiday": _holiday,
}
RELATIVE: Mapping[str, Callable[[_Found, date], Resolved]] = {
    "month": _month,
    "weekday": _weekday,
    "day_word": _day_word,
    "ago": _ago,
    "period": _period,
    "weekend": _weekend,
}


def _group(found: _Found, group: str) -> str:
    return found[group] or ""


@cache
def month_number(name: str) -> int:
    """Return the number of a month by its name or short form."""
    wanted = name.rstrip(".")
    return next(number for number, names in enumerate(_data()["months"], 1) if wanted in names)


@cache
def _parts() -> Mapping[str, str]:
    """Return what the words in angle brackets stand for."""
    data = _data()
    months, words = data["months"], data["months_that_are_words"]
    any_form = sorted((name for names in months for name in names), key=len, reverse=True)
    parts: dict[str, str] = data["parts"]
    return parts | {
        "WEEKDAY": "|".join(data["weekdays"]),
        "MONTH": "|".join(name for name, *_ in months),
        "BAREMONTH": "|".join(name for name, *_ in months if name not in words),
        "ANYMONTH": "|".join(any_form),
        "NUMBER": "|".join(data["numbers"]),
        "HOLIDAY": "|".join(data["holidays"]),
    }


def _filled(pattern: str) -> str:
    return re.sub(r"<([A-Z]+)>", lambda part: _filled(_parts()[part[1]]), pattern)


@cache
def _pattern() -> re.Pattern[str]:
    kinds = [(kind, _filled(text)) for kind, text in _data()["patterns"].items()]
    return re.compile(rf"\b(?:{'|'.join(f'(?P<{kind}>{text})' for kind, text in kinds)})")


@cache
def _hot() -> re.Pattern[str]:
    """Return a cheap pattern without which no sentence holds a date phrase."""
    months = "|".join(name[:3] for name, *_ in _data()["months"])
    return re.compile(rf"day\b|\b(?:{months})|\b(?:19|20)\d\d|\bago\b|night|week|month|year|morrow|this \w+|eve\b")


@cache
def _future() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_data()['future']})\b")


def _data() -> Mapping[str, Any]:
    return read_file("when")
