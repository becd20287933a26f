"""How long a server asks to be left alone: Retry-After, Cache-Control, Expires and Age (RFC 9110, RFC 9111)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_RETRY = 7 * 86_400.0  # seconds
LONGEST_FRESH = 86_400.0  # news older than a day is none, whatever a server's configuration says

_MAX_AGE = re.compile(r"(?i)(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})")
_STALE = re.compile(r"(?i)(?:^|[\s,])no-(?:cache|store)\b")


def retry_seconds(retry_after: str | None, now: datetime) -> float:
    """Return the seconds that ``Retry-After`` names, from 0 to a week; 0 without one that can be read."""
    text = (retry_after or "").strip()
    seconds = float(text) if text.isascii() and text.isdigit() and len(text) < 13 else _seconds_until(text, now)
    return min(max(seconds, 0.0), LONGEST_RETRY)


def fresh_seconds(headers: Mapping[str, str], now: datetime) -> float:
    """Return the seconds for which the server says that its answer stays as it is, from 0 to a day."""
    control = headers.get("Cache-Control", "")
    if _STALE.search(control):
        return 0.0
    if stated := _MAX_AGE.search(control):
        age = headers.get("Age", "").strip()
        seconds = float(stated[1]) - (float(age) if age.isascii() and age.isdigit() and len(age) < 13 else 0)
    else:
        seconds = _seconds_until(headers.get("Expires", ""), _moment(headers.get("Date", "")) or now)
    return min(max(seconds, 0.0), LONGEST_FRESH)


def _seconds_until(date: str, now: datetime) -> float:
    moment = _moment(date)
    return (moment - now).total_seconds() if moment else 0.0


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
