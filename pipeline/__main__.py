"""The command line: which command is meant, and how errors become exit statuses."""

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import NoReturn

from pipeline import __version__
from pipeline.signals import at_ctrl_c
from schemas.errors import CommuniqueError, UsageError
from transforms.addresses import printable

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
HELP = """\
usage: communique COMMAND [OPTIONS]

Reads the news and writes down, sentence by sentence, who proposes what, on which conditions,
who refuses, and who got killed or hurt.

commands:
  run           read articles and feeds once, write event tables (communique run --help)
  watch         keep looking at feeds and write down what is new
  compact       merge the small files that many runs have written
  feeds check   fetch feeds and say what is there and what is wrong
  feeds list    show what is known of the feeds of an output
  feeds forget  forget what is known of a feed, so that it is read anew

  --help        show this text
  --version     show the version

When the first argument is an option, 'run' is meant: communique --input news/ --output tables/
"""

# The options of each command, and what carries it out; modules are imported only when they are needed.
COMMANDS = {
    "run": ("RunOptions", "pipeline.run:run"),
    "watch": ("WatchOptions", "pipeline.watch:watch"),
    "compact": ("CompactOptions", "pipeline.compact:run_compact"),
    "feeds check": ("FeedsCheckOptions", "pipeline.feeds:check_feeds"),
    "feeds list": ("FeedsListOptions", "pipeline.feeds:list_feeds"),
    "feeds forget": ("FeedsForgetOptions", "pipeline.feeds:forget_feeds"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return dispatch(arguments)
    except CommuniqueError as error:
        print(f"communique: {printable(str(error))}", file=sys.stderr)
        return error.exit_status
    except Exception as error:
        return _unexpected(error)
    except KeyboardInterrupt:
        return _interrupted()


def _interrupted() -> int:
    print("communique: interrupted; the tables are as they were", file=sys.stderr)
    return EXIT_INTERRUPTED


def _unexpected(error: Exception) -> int:
    from pipeline.log import LOGGER

    LOGGER.info("traceback", exc_info=error)
    lines = str(error).strip().splitlines()
    text = printable(lines[0]) if lines else ""
    print(f"communique: failed, the tables are as they were: {type(error).__name__}: {text}", file=sys.stderr)
    print("communique: run it again with --verbose to see where", file=sys.stderr)
    return EXIT_FAILED


def dispatch(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0 if arguments else EXIT_USAGE
    if arguments[0] == "--version":
        print(f"communique {__version__}")
        return 0
    name, rest = split_command(arguments)
    return _carry_out(name, rest)


def split_command(arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the name of the command, of one word or two, and its own arguments. Raises UsageError."""
    if arguments[0].startswith("-"):
        return "run", arguments
    for words in (2, 1):
        name = " ".join(arguments[:words])
        if name in COMMANDS:
            return name, arguments[words:]
    group = [name for name in COMMANDS if name.startswith(f"{arguments[0]} ")]
    if group:
        raise UsageError(f"'{arguments[0]}' needs one more word: {', '.join(group)}")
    raise UsageError(f"unknown command '{arguments[0]}'; see communique --help")


def _carry_out(name: str, arguments: Sequence[str]) -> int:
    with at_ctrl_c(lambda: leave(_interrupted())):
        command = _command(name, arguments)
    return command()


def _command(name: str, arguments: Sequence[str]) -> Callable[[], int]:
    """Return what carries out a command."""
    from pipeline import options as options_module
    from pipeline.log import set_up_logging

    set_up_logging("text", verbose=False)  # before Beam is imported, which warns of parts that are not installed

    kind, place = COMMANDS[name]
    options = getattr(options_module, kind)
    if {"-h", "--help"} & set(arguments):
        options_module.parser_of(options).print_help()
        return lambda: 0
    given = options_module.parse(options, arguments)
    module, function = place.split(":")
    # Imported only now: Beam and spaCy take seconds.
    return partial(getattr(importlib.import_module(module), function), given)


def entry() -> None:
    """Leave the process with the status of the command."""
    leave(main())


def leave(status: int) -> NoReturn:
    """End the process, also while threads of an engine or a poll are still at work."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        status = status or EXIT_FAILED
    os._exit(status)


if __name__ == "__main__":
    entry()
