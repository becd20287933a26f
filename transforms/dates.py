"""Dates in whatever form news archives have them, as aware UTC datetimes; null rather than a guess."""

import re
import tomllib
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urlsplit

from dateutil import parser as dateutil_parser

EARLIEST_YEAR = 1500
FUTURE_TOLERANCE = timedelta(hours=48)
_LONGEST_DATE = 100  # characters
_PIVOT = 69  # POSIX: 69-99 are 1969-1999, 00-68 are 2000-2068

_DATA = tomllib.loads(files("transforms").joinpath("dates.toml").read_text("utf-8"))
_ZONES = {name: timezone(timedelta(minutes=minutes)) for name, minutes in _DATA["zones"].items()}
_MONTHS: list[str] = _DATA["months"]

_ISO_START = re.compile(r"\d{4}-[\dW]|\d{8}T")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_REMARK = re.compile(
    r"\s*(?:&#\d+;|[\x00-\x08\x0e-\x1f]).*|\s*(?:\([^()]*\)|\[[^\[\]]*\])\s*$|(?<=[+-]\d{4})\s+[A-Z]{3,5}$"
)
_DAY_MONTH_YEAR = re.compile(
    r"(?:[a-z]{2,9}[.,]?\s+)?(\d{1,2})[\s-]+([a-z]{3,9})[.,]?[\s-]+(\d{4}|\d{2})"
    r"(?:[,\s]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*([+-]\d{2}:?\d{2}|[a-z]{1,4})?)?",
    re.IGNORECASE,
)
_SIGNED_ZONE = re.compile(r"\b(?:GMT|UTC)\s?(?=[+-]\d)")  # dateutil would turn the sign round, as POSIX does
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?![\d.])")
_ADDRESS_DATE = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?=[/-]|$)")

# Two defaults that differ in year, month and day: a part that is missing shows, because the results differ.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2001, 2, 2))
_COMPACT = re.compile(r"((?:1[5-9]|20)\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_UNITS = {9: 1, 10: 1, 11: 1, 12: 1_000, 13: 1_000, 15: 1_000_000, 16: 1_000_000, 18: 10**9, 19: 10**9}


class Dated(NamedTuple):
    """When an article was published and where that comes from, as in the columns of the articles table."""

    published_at: datetime | None
    published_from: str | None


def date_article(published: object, updated: object, url: str | None, fetched_at: datetime) -> Dated:
    """Return the first date that can be read and lies in no future: published, updated, or the one in the address.

    ``source_unreadable`` and ``source_in_future`` say why there is none although the source stated one.
    """
    trouble = None
    for value, origin in ((published, "source"), (updated, "updated"), (_date_in_address(url), "url")):
        if value is None or value == "":
            continue
        found = parse_date(value)
        if found is not None and found - fetched_at <= FUTURE_TOLERANCE:
            return Dated(found, origin)
        trouble = trouble or ("source_unreadable" if found is None else "source_in_future")
    return Dated(None, trouble)


def parse_date(value: object) -> datetime | None:
    """Return a date as aware UTC, None when it cannot be read without guessing. Never raises.

    Year, month and day must be there; a time that is missing is midnight, a zone that is missing is UTC. Two-digit
    years lie in 1969-2068. ``03.04.2020`` is 3 April; ``03/04/2020`` is null, because it is either; ``13/04/2020`` is
    13 April. Numbers are seconds (or milli-, micro-, nanoseconds) since 1970, or ``YYYYMMDD[HHMM[SS]]``.
    """
    try:
        found = _read(value)
        return found if found is not None and found.year >= EARLIEST_YEAR else None
    except Exception:  # dateutil raises six kinds of errors, depending on what it stumbles over
        return None


def _read(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return _to_utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
    if not text or len(text) > _LONGEST_DATE:
        return None
    return _read_number(text) if _NUMBER.fullmatch(text) else _read_text(text)


def _read_number(text: str) -> datetime | None:
    whole, _, fraction = text.partition(".")
    if not fraction and (compact := _COMPACT.fullmatch(whole)):
        year, month, day, hour, minute, second = (int(part) for part in compact.groups(default="0"))
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    unit = _EPOCH_UNITS.get(len(whole))
    return None if unit is None else _EPOCH + timedelta(seconds=float(text) / unit)


def _read_text(text: str) -> datetime | None:
    if _ISO_START.match(text):
        try:
            return _to_utc(datetime.fromisoformat(text))
        except ValueError:
            pass  # ISO's date with another time behind it
    text = _SIGNED_ZONE.sub("", _REMARK.sub("", text))
    if (match := _DAY_MONTH_YEAR.fullmatch(text)) and (found := _from_parts(match)):
        return found
    spelled = _spell_month(text)
    return None if spelled is None else _read_with_dateutil(spelled)


def _from_parts(match: re.Match[str]) -> datetime | None:
    """Return the date of day, month's name, year and perhaps a time; None when the words are something else."""
    day, name, year, hour, minute, second, fraction, zone = match.groups()
    month = next((n for n, full in enumerate(_MONTHS, start=1) if full.startswith(name.lower())), None)
    if month is None or (zone or "").lower() in {"am", "pm"}:
        return None
    time = (int(hour or 0), int(minute or 0), int(second or 0), int((fraction or "0").ljust(6, "0")))
    return _to_utc(datetime(_full_year(year), month, int(day), *time, tzinfo=_zone(zone)))


def _spell_month(text: str) -> str | None:
    """Return the text with a date in figures spelled out as ``3 April 2020``; None when it has two readings."""
    if match := _YEAR_FIRST.search(text):
        year, _, month, day = match.groups()
    elif match := _YEAR_LAST.search(text):
        first, separator, second, year = match.groups()
        if separator != "." and int(first) <= 12 and int(second) <= 12 and int(first) != int(second):
            return None
        month_first = separator != "." and int(second) > 12
        day, month = (second, first) if month_first else (first, second)
    else:
        return text
    spelled = f"{int(day)} {_MONTHS[int(month) - 1]} {_full_year(year):04}"
    return text[: match.start()] + spelled + text[match.end() :]


def _read_with_dateutil(text: str) -> datetime | None:
    """Return what dateutil reads, None when it depends on a default or on the order of day and month."""
    readings = {
        _PARSER.parse(text, default=default, dayfirst=dayfirst, tzinfos=_named_zone)
        for default, dayfirst in zip(_DEFAULTS, (False, True), strict=True)
    }
    return _to_utc(readings.pop()) if len(readings) == 1 else None


class _ParserInfo(dateutil_parser.parserinfo):
    """dateutil's vocabulary with a fixed century: its own depends on the year in which it runs."""

    def convertyear(self, year: int, century_specified: bool = False) -> int:
        return year if century_specified or year >= 100 else _full_year(f"{year:02}")


_PARSER = dateutil_parser.parser(_ParserInfo())


def _named_zone(name: str | None, offset: int | None) -> tzinfo:
    """Return the zone for dateutil; ``offset`` in seconds east of UTC."""
    return timezone(timedelta(seconds=offset)) if offset is not None else _zone(name)


def _zone(name: str | None) -> tzinfo:
    """Return the zone of a name or an offset such as ``+0130``."""
    if name and name[0] in "+-":
        minutes = int(name[1:3]) * 60 + int(name[-2:])
        return timezone(timedelta(minutes=-minutes if name[0] == "-" else minutes))
    return _ZONES.get((name or "UTC").upper(), UTC)


def _full_year(year: str) -> int:
    number = int(year)
    return number if len(year) > 2 else number + (1900 if number >= _PIVOT else 2000)


def _to_utc(value: datetime) -> datetime:
    """Return an aware UTC datetime; a naive one is taken as UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _date_in_address(url: str | None) -> datetime | None:
    """Return the day in a path such as ``/2024/05/17/``."""
    match = _ADDRESS_DATE.search(urlsplit_path(url))
    return parse_date("-".join(part.zfill(2) for part in match.groups())) if match else None


def urlsplit_path(url: str | None) -> str:
    """Return the path of an address, empty when there is none or the address is broken."""
    try:
        return urlsplit(url or "").path
    except ValueError:
        return ""
