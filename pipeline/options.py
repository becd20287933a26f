"""Options of a run: one declaration each; flag before environment before configuration file before default."""

import argparse
import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from schemas.errors import UsageError
from schemas.event import TAGGERS, TaggerKind
from schemas.tables import PARTITIONINGS, PartitionBy

ENVIRONMENT_PREFIX = "COMMUNIQUE_"
FailOn = Literal["any", "all", "never"]
LogFormat = Literal["text", "json"]
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What one run does. Names are those of the flags with ``_`` for ``-``.

    ``since`` is inclusive and ``until`` exclusive, both aware UTC; ``max_characters`` counts characters of an
    article's text; ``limit`` counts articles; ``beam`` holds the flags that are passed on to Beam as they stand.
    """

    input: tuple[str, ...] = ()
    feed: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    output: Path
    config: Path | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    map: tuple[str, ...] = ()
    default_language: str | None = None
    tagger: TaggerKind = "both"
    model: str | None = None
    run_id: str | None = None
    partition_by: PartitionBy = "month"
    max_characters: int = 1_000_000
    allow_private_addresses: bool = False
    fail_on: FailOn = "all"
    dry_run: bool = False
    json: bool = False
    log_format: LogFormat = "text"
    verbose: bool = False
    runner: str = "DirectRunner"
    beam: tuple[str, ...] = ()


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
        "column mapping such as text=maintext, or a preset: news-please, cc_news, trafilatura, newsapi; repeatable",
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
    Option("dry_run", "do everything but write: show what a run would add", is_switch=True, group="writing"),
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
_BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}
EPILOG = """\
Every option can also stand in the environment (COMMUNIQUE_OUTPUT=...; several values one a line) or in the --config
file (output = "..."). Flags come before the environment, that before the file. Flags of Beam are passed on.

exit status: 0 done, also when there was nothing new; 1 failed; 2 usage; 3 done, but more was rejected than --fail-on
allows; 75 another run is writing to the output; 130 interrupted."""


def suggest(word: str, known: Sequence[str]) -> str:
    """Return '; did you mean ...?' when something known is written much alike, else nothing."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise UsageError(message)


def run_parser() -> argparse.ArgumentParser:
    """Return the parser of ``communique run``; it leaves flags that it does not know to Beam."""
    parser = _Parser(
        prog="communique run",
        description="Read articles and feeds, find proposals, conditions, refusals and casualty reports, write tables.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    groups = {name: parser.add_argument_group(name) for name in ("reading", "tagging", "writing", "running")}
    for option in OPTIONS:
        keywords: dict[str, Any] = {"help": option.help}
        if option.is_switch:
            keywords["action"] = "store_true"
        elif option.is_list:
            keywords |= {"action": "append", "metavar": option.metavar}
        else:
            keywords["metavar"] = option.metavar or "|".join(option.choices)
        groups[option.group].add_argument(option.flag, dest=option.name, **keywords)
    return parser


def parse_run(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> RunOptions:
    """Return the options of a run, from all places where they can stand."""
    namespace, beam = run_parser().parse_known_args(arguments)
    given = vars(namespace)
    given = _from_environment(environment) | {name: _read(name, value) for name, value in given.items()}
    config = given.get("config")
    values = (_from_file(config) if config else {}) | given
    check_beam_flags(beam)
    if "output" not in values:
        raise UsageError("--output is missing: name the folder that the tables go to")
    if not any(values.get(name) for name in ("input", "feed", "feeds")):
        raise UsageError("there is nothing to read: give --input, --feed or --feeds")
    return RunOptions(**values, beam=tuple(beam))


def _read(name: str, value: Any) -> Any:
    option = _BY_NAME[name]
    if isinstance(value, bool):
        return value
    return tuple(option.read(each) for each in value) if option.is_list else option.read(value)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for name, option in _BY_NAME.items():
        text = environment.get(f"{ENVIRONMENT_PREFIX}{name.upper()}")
        if text is not None:
            values[name] = _read(name, text.splitlines() if option.is_list else text)
    return values


def _from_file(path: Path) -> dict[str, Any]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--config: {path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"--config: {path}: not valid TOML: {error}") from None
    return {name.replace("-", "_"): _from_setting(path, name, value) for name, value in settings.items()}


def _from_setting(path: Path, name: str, value: Any) -> Any:
    option = _BY_NAME.get(name.replace("-", "_"))
    if option is None or option.name == "config":
        raise UsageError(f"--config: {path}: unknown option '{name}'{suggest(name, list(_BY_NAME))}")
    texts = value if isinstance(value, list) else [value]
    if option.is_list:
        return tuple(option.read(str(text)) for text in texts)
    if isinstance(value, list | dict):
        raise UsageError(f"--config: {path}: '{name}' takes one value")
    return option.read(str(value))


def check_beam_flags(arguments: Sequence[str]) -> None:
    """Raise UsageError for what neither communiqué nor Beam knows; Beam itself would silently pass over it."""
    if not arguments:
        return
    parser = beam_parser()
    _, unknown = parser.parse_known_args(list(arguments))
    if not unknown:
        return
    flag = unknown[0].split("=")[0]
    if not flag.startswith("-"):
        raise UsageError(f"'{flag}' stands alone; files to read go behind --input")
    known = [option.flag for option in OPTIONS] + list(parser._option_string_actions)
    raise UsageError(f"unknown option {flag}{suggest(flag, known)}")


def beam_parser() -> argparse.ArgumentParser:
    """Return a parser that knows the flags of Beam and of its runners."""
    from apache_beam.options.pipeline_options import PipelineOptions  # slow, and needed for Beam's flags only

    parser = _Parser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    kinds: list[Any] = [PipelineOptions]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if "_add_argparse_args" in vars(kind):
            kind._add_argparse_args(parser)
    return parser


def new_run_id(now: datetime, token: str) -> str:
    """Return a run id that sorts by time, such as ``20250422T101500Z-1f9a``."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token}"


def described(options: RunOptions) -> dict[str, Any]:
    """Return the options as the commit record keeps them: only what was set, without credentials in addresses."""
    values = {field.name: getattr(options, field.name) for field in fields(options)}
    return {name: _plain(value) for name, value in values.items() if value not in (None, (), False)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path | str):
        return re.sub(r"(?<=://)[^/@\s]+@", "***@", str(value))
    return value
