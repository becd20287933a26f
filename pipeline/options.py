"""What each command is told: flag before environment before configuration file before default."""

import argparse
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from pipeline.beam_flags import StrictParser, check_beam_flags
from pipeline.option_list import BY_NAME, OPTIONS, Option, suggest
from schemas.errors import UsageError
from schemas.event import TaggerKind
from schemas.tables import PartitionBy
from transforms.addresses import printable, redact

ENVIRONMENT_PREFIX = "COMMUNIQUE_"
FailOn = Literal["any", "all", "never"]
LogFormat = Literal["text", "json"]
_TO_READ = ("input", "feed", "feeds")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOptions:
    """What every command can be told. Names are those of the flags with ``_`` for ``-``."""

    config: Path | None = None
    json: bool = False
    log_format: LogFormat = "text"
    verbose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions(CommandOptions):
    """Which feeds to fetch, and how; ``fetch_seconds`` and ``host_pause`` are in seconds."""

    feed: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    fetch_seconds: float = 60.0
    host_pause: float = 1.0
    user_agent: str | None = None
    allow_private_addresses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions(FetchOptions):
    """What reading and writing take, once or again and again.

    ``since`` is inclusive and ``until`` exclusive, both aware UTC; ``max_characters`` counts characters of an
    article's text; ``limit`` counts articles.
    """

    input: tuple[str, ...] = ()
    output: Path
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    map: tuple[str, ...] = ()
    default_language: str | None = None
    full_text: bool = False
    tagger: TaggerKind = "both"
    model: str | None = None
    run_id: str | None = None
    partition_by: PartitionBy = "month"
    max_characters: int = 1_000_000
    dry_run: bool = False
    runner: str = "DirectRunner"
    beam: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions(ReadOptions):
    """What one run does; ``beam`` holds the flags that are passed on to Beam as they stand."""

    fail_on: FailOn = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions(ReadOptions):
    """What a watch does: a run ``every`` so often, ``cycles`` of them or without end."""

    every: timedelta = timedelta(minutes=5)
    cycles: int | None = None
    compact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactOptions(CommandOptions):
    """What to merge; ``before`` is aware UTC."""

    output: Path
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsCheckOptions(FetchOptions):
    """Which feeds to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsListOptions(CommandOptions):
    """Whose state to show."""

    output: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsForgetOptions(CommandOptions):
    """Which state to forget."""

    output: Path
    feed: tuple[str, ...] = ()


Options = TypeVar("Options", bound=CommandOptions)

# Fields that a command inherits and has no use for.
_LEFT_OUT: Mapping[type[CommandOptions], frozenset[str]] = {
    WatchOptions: frozenset({"input", "limit", "map", "run_id", "dry_run", "json"}),
}
DESCRIPTIONS: Mapping[type[CommandOptions], tuple[str, str]] = {
    RunOptions: (
        "run",
        "Read articles and feeds, find proposals, conditions, refusals and casualty reports, write tables.",
    ),
    WatchOptions: (
        "watch",
        "Keep looking at feeds and write down what is new; print a line of JSON each time. Ctrl-C and SIGTERM end it.",
    ),
    CompactOptions: ("compact", "Merge the small files that many runs have written into few."),
    FeedsCheckOptions: ("feeds check", "Fetch feeds and say of each what is there and what is wrong; writes nothing."),
    FeedsListOptions: ("feeds list", "Show what is known of the feeds of an output."),
    FeedsForgetOptions: ("feeds forget", "Forget the state of feeds, so that they are asked for again and read anew."),
}
EPILOG = """\
Every option can also stand in the environment (COMMUNIQUE_OUTPUT=...; several values one a line) or in the --config
file (output = "..."). Flags come before the environment, that before the file.{beam}

exit status: 0 done, also when there was nothing new; 1 failed; 2 usage; 3 done, but more was rejected than --fail-on
allows, or a feed that was checked is wrong; 75 another run is writing to the output; 130 interrupted."""


def options_of(kind: type[CommandOptions]) -> list[Option]:
    """Return the options that a command takes."""
    names = {field.name for field in fields(kind)} - _LEFT_OUT.get(kind, frozenset())
    return [option for option in OPTIONS if option.name in names]


def parser_of(kind: type[CommandOptions]) -> argparse.ArgumentParser:
    """Return the parser of a command; it leaves flags that it does not know to Beam."""
    name, description = DESCRIPTIONS[kind]
    parser = StrictParser(
        prog=f"communique {name}",
        description=description,
        epilog=EPILOG.format(beam=" Flags of Beam are passed on." if issubclass(kind, ReadOptions) else ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    groups: dict[str, Any] = {}
    for option in options_of(kind):
        keywords: dict[str, Any] = {"help": option.help}
        if option.is_switch:
            keywords["action"] = "store_true"
        elif option.is_list:
            keywords |= {"action": "append", "metavar": option.metavar}
        else:
            keywords["metavar"] = option.metavar or "|".join(option.choices)
        group = groups.setdefault(option.group, None) or parser.add_argument_group(option.group)
        groups[option.group] = group
        group.add_argument(option.flag, dest=option.name, **keywords)
    return parser


def parse(kind: type[Options], arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    """Return what a command is told, from all places where it can stand. Raises UsageError."""
    namespace, unknown = parser_of(kind).parse_known_args(arguments)
    known = {option.name for option in options_of(kind)}
    given = {name: _read(name, value) for name, value in vars(namespace).items()}
    given = {name: value for name, value in _from_environment(environment).items() if name in known} | given
    config = given.get("config")
    from_file = _from_file(config) if config else {}  # may hold options of other commands, too
    values = {name: value for name, value in from_file.items() if name in known} | given
    check_beam_flags(unknown, [option.flag for option in options_of(kind)], passed_on=issubclass(kind, ReadOptions))
    _check_required(kind, values)
    beam: dict[str, Any] = {"beam": tuple(unknown)} if issubclass(kind, ReadOptions) else {}
    return kind(**values, **beam)


def _check_required(kind: type[CommandOptions], values: Mapping[str, Any]) -> None:
    required = {field.name for field in fields(kind) if field.default is MISSING}
    if "output" in required - set(values):
        raise UsageError("--output is missing: name the folder of the tables")
    to_read = [option.flag for option in options_of(kind) if option.name in _TO_READ]
    if to_read and not any(values.get(name) for name in _TO_READ):
        raise UsageError(f"there is nothing to read: give {' or '.join(to_read)}")


def _read(name: str, value: Any) -> Any:
    option = BY_NAME[name]
    if isinstance(value, bool):
        return value
    return tuple(option.read(each) for each in value) if option.is_list else option.read(value)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for name, option in BY_NAME.items():
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
    option = BY_NAME.get(name.replace("-", "_"))
    if option is None or option.name == "config":
        raise UsageError(f"--config: {path}: unknown option '{name}'{suggest(name, list(BY_NAME))}")
    texts = value if isinstance(value, list) else [value]
    if option.is_list:
        return tuple(option.read(str(text)) for text in texts)
    if isinstance(value, list | dict):
        raise UsageError(f"--config: {path}: '{name}' takes one value")
    return option.read(str(value))


def new_run_id(now: datetime, token: str) -> str:
    """Return a run id that sorts by time, such as ``20250422T101500Z-1f9a``."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token}"


def described(options: CommandOptions) -> dict[str, Any]:
    """Return the options as the commit record keeps them: only what was set, without credentials in addresses."""
    values = {field.name: getattr(options, field.name) for field in fields(options)}
    return {name: _plain(value) for name, value in values.items() if value not in (None, (), False)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path | str):
        return printable(redact(str(value)))
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value
