"""The options of all commands: one declaration each, with how its value is read."""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from schemas.errors import UsageError
from schemas.event import TAGGERS
from schemas.tables import PARTITIONINGS

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
_INTERVAL = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,200}")


def suggest(word: str, known: Sequence[str]) -> str:
    """Return '; did you mean ...?' when something known is written much alike, else nothing."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def parse_day(text: str) -> datetime:
    """Return the UTC time that an ISO date or time means; a date means its first moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"'{text}' is not a date; write it like 2025-04-30 or 2025-04-30T12:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_count(text: str) -> int:
    """Return a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"'{text}' is not a whole number from 1 on")
    return int(text)


def parse_run_id(text: str) -> str:
    """Return a run id that can be part of a file's name."""
    if not _RUN_ID.fullmatch(text):
        raise UsageError(f"'{text}' cannot be a run id; use up to 100 letters, digits, '.', '_' and '-'")
    return text


def parse_switch(text: str) -> bool:
    """Return what an environment variable or a configuration file says of a switch."""
    if text.lower() not in _TRUE | _FALSE:
        raise UsageError(f"'{text}' is neither true nor false")
    return text.lower() in _TRUE


def parse_interval(text: str) -> timedelta:
    """Return how long something takes, such as ``30s``, ``5m``, ``1.5h`` or ``1d``."""
    found = _INTERVAL.fullmatch(text.strip())
    interval = timedelta(**{_UNITS[found[2]]: float(found[1])}) if found else timedelta(0)
    if not interval:
        raise UsageError(f"'{text}' is no interval; write it like 30s, 5m, 2h or 1d")
    return interval


def parse_seconds(text: str) -> float:
    """Return a number of seconds from 0 on."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise UsageError(f"'{text}' is not a number of seconds")
    return seconds


def parse_header(text: str) -> str:
    """Return a text that can be sent as a header."""
    if not _HEADER_VALUE.fullmatch(text):
        raise UsageError(f"'{text}' cannot be sent; use up to 200 plain ASCII characters")
    return text


@dataclass(frozen=True, slots=True)
class Option:
    """How one field of the options is written on the command line, in the environment and in a file."""

    name: str
    help: str
    metavar: str | None = None
    parse: Callable[[str], Any] = str
    choices: tuple[str, ...] = ()
    is_list: bool = False
    is_switch: bool = False
    group: str = "running"

    @property
    def flag(self) -> str:
        """Return the flag on the command line."""
        return f"--{self.name.replace('_', '-')}"

    def read(self, text: str) -> Any:
        """Parse one value; the error names the option."""
        if self.choices and text not in self.choices:
            raise UsageError(
                f"{self.flag}: '{text}' is not one of {', '.join(self.choices)}{suggest(text, self.choices)}"
            )
        try:
            return (parse_switch if self.is_switch else self.parse)(text)
        except UsageError as error:
            raise UsageError(f"{self.flag}: {error}") from None


OPTIONS = (
    Option(
        "input",
        "file, folder or glob to read, also on gs:// or s3:// where Beam can; repeatable",
        metavar="PATTERN",
        is_list=True,
        group="reading",
    ),
    Option("feed", "feed to read: address or file; repeatable", metavar="URL_OR_FILE", is_list=True, group="reading"),
    Option(
        "feeds",
        "list of feeds: OPML, TOML or one address a line; repeatable",
        metavar="FILE",
        is_list=True,
        group="reading",
    ),
    Option(
        "since",
        "leave out articles published before this date (UTC); undated ones stay",
        metavar="DATE",
        parse=parse_day,
        group="reading",
    ),
    Option(
        "until",
        "leave out articles published on or after this date (UTC)",
        metavar="DATE",
        parse=parse_day,
        group="reading",
    ),
    Option("limit", "stop after N articles", metavar="N", parse=parse_count, group="reading"),
    Option(
        "map",
        "text=maintext and the like, or a preset: news-please, cc_news, trafilatura, newsapi, communique; repeatable",
        metavar="FIELD=COLUMN",
        is_list=True,
        group="reading",
    ),
    Option("default_language", "language of articles that state none, such as en", metavar="LANGUAGE", group="reading"),
    Option(
        "max_characters",
        "reject articles with a longer text (default: 1000000)",
        metavar="N",
        parse=parse_count,
        group="reading",
    ),
    Option(
        "allow_private_addresses",
        "also fetch feeds from this machine and from private networks",
        is_switch=True,
        group="reading",
    ),
    Option(
        "full_text",
        "fetch the page that a feed's entry links to and read its text, where robots.txt allows it",
        is_switch=True,
        group="reading",
    ),
    Option(
        "fetch_seconds",
        "give up an address that takes longer (default: 60)",
        metavar="SECONDS",
        parse=parse_seconds,
        group="reading",
    ),
    Option(
        "host_pause",
        "pause between two requests to one host (default: 1)",
        metavar="SECONDS",
        parse=parse_seconds,
        group="reading",
    ),
    Option(
        "user_agent",
        "how servers are greeted, such as 'our-lab/1.0 (+https://lab.example)' (default: communique/VERSION)",
        metavar="TEXT",
        parse=parse_header,
        group="reading",
    ),
    Option(
        "tagger",
        "rules and encoder (both, the default), or rules alone: faster, right less often",
        choices=TAGGERS,
        group="tagging",
    ),
    Option(
        "model", "spaCy model: package or folder (default: en_core_web_sm)", metavar="NAME_OR_PATH", group="tagging"
    ),
    Option("output", "folder that the tables are written to (required)", metavar="DIR", parse=Path, group="writing"),
    Option(
        "partition_by",
        "folders within a table: day, month (default), year or none",
        choices=PARTITIONINGS,
        group="writing",
    ),
    Option(
        "run_id",
        "name of the run; a second run with the same name replaces the rows of the first",
        metavar="ID",
        parse=parse_run_id,
        group="writing",
    ),
    Option(
        "before",
        "merge only what runs before this date (UTC) have written",
        metavar="DATE",
        parse=parse_day,
        group="writing",
    ),
    Option("compact", "merge the small files of the days before, once a day", is_switch=True, group="writing"),
    Option("dry_run", "do everything but write: show what a run would add", is_switch=True, group="writing"),
    Option(
        "every",
        "how often to look, such as 30s, 5m or 1h (default: 5m)",
        metavar="INTERVAL",
        parse=parse_interval,
    ),
    Option("cycles", "stop after looking N times", metavar="N", parse=parse_count),
    Option("config", "TOML file with any of these options", metavar="FILE", parse=Path),
    Option(
        "fail_on",
        "exit with 3 when any input was rejected, when all was (default), or never",
        choices=("any", "all", "never"),
    ),
    Option("json", "print the summary as one line of JSON", is_switch=True),
    Option("log_format", "form of the log on stderr: text (default) or json", choices=("text", "json")),
    Option("verbose", "log more than warnings", is_switch=True),
    Option("runner", "Beam runner (default: DirectRunner, in this process); its flags are passed on", metavar="NAME"),
)
BY_NAME = {option.name: option for option in OPTIONS}
