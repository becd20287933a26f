"""The command line: which command is meant, and how errors become exit statuses."""

import os
import sys
from collections.abc import Sequence

from pipeline import __version__
from schemas.errors import CommuniqueError, UsageError

EXIT_USAGE, EXIT_INTERRUPTED = 2, 130
HELP = """\
usage: communique COMMAND [OPTIONS]

Reads the news and writes down, sentence by sentence, who proposes what, on which conditions,
who refuses, and who got killed or hurt.

commands:
  run        read articles and feeds, write event tables (communique run --help)

  --help     show this text
  --version  show the version

When the first argument is an option, 'run' is meant: communique --input news/ --output tables/
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return dispatch(arguments)
    except CommuniqueError as error:
        print(f"communique: {error}", file=sys.stderr)
        return error.exit_status
    except Exception as error:
        return _unexpected(error)
    except KeyboardInterrupt:
        print("communique: interrupted; the tables are as they were", file=sys.stderr)
        return EXIT_INTERRUPTED


def _unexpected(error: Exception) -> int:
    from pipeline.log import LOGGER

    LOGGER.info("traceback", exc_info=error)
    text = str(error).strip().splitlines()
    print(
        f"communique: failed, the tables are as they were: {type(error).__name__}: {text[0] if text else ''}",
        file=sys.stderr,
    )
    print("communique: run it again with --verbose to see where", file=sys.stderr)
    return 1


def dispatch(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0 if arguments else EXIT_USAGE
    if arguments[0] == "--version":
        print(f"communique {__version__}")
        return 0
    if arguments[0] != "run" and not arguments[0].startswith("-"):
        raise UsageError(f"unknown command '{arguments[0]}'; see communique --help")
    return _run(arguments[1:] if arguments[0] == "run" else arguments)


def _run(arguments: Sequence[str]) -> int:
    from pipeline.log import set_up_logging
    from pipeline.options import parse_run, run_parser

    set_up_logging("text", verbose=False)  # before Beam is imported, which warns of parts that are not installed

    if {"-h", "--help"} & set(arguments):
        run_parser().print_help()
        return 0
    options = parse_run(arguments)
    from pipeline.run import run  # imports Beam and spaCy, which takes seconds

    return run(options)


def entry() -> None:
    """Leave the process with the status of the command, also while the engine's threads are still at work."""
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status) if status == EXIT_INTERRUPTED else sys.exit(status)


if __name__ == "__main__":
    entry()
