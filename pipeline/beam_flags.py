"""Flags of Beam and of its runners, which are passed on as they stand."""

import argparse
from collections.abc import Sequence
from typing import Any

from pipeline.option_list import suggest
from schemas.errors import UsageError


class StrictParser(argparse.ArgumentParser):
    """A parser that raises UsageError instead of leaving the process."""

    def error(self, message: str) -> Any:
        """Raise UsageError."""
        raise UsageError(message)


def check_beam_flags(arguments: Sequence[str], own: Sequence[str], *, passed_on: bool = True) -> None:
    """Raise UsageError for what neither communiqué nor Beam knows; Beam itself would silently pass over it.

    ``own`` are the flags of the command, ``passed_on`` tells whether it takes those of Beam.
    """
    if not arguments:
        return
    parser = beam_parser() if passed_on else StrictParser(add_help=False)
    _, unknown = parser.parse_known_args(list(arguments))
    if not unknown:
        return
    flag = unknown[0].split("=")[0]
    if not flag.startswith("-"):
        raise UsageError(f"'{flag}' stands alone; files to read go behind --input")
    known = [*own, *parser._option_string_actions]
    raise UsageError(f"unknown option {flag}{suggest(flag, known)}")


def beam_parser() -> argparse.ArgumentParser:
    """Return a parser that knows the flags of Beam and of its runners."""
    from apache_beam.options.pipeline_options import PipelineOptions  # slow, and needed for Beam's flags only

    parser = StrictParser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    kinds: list[Any] = [PipelineOptions]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if "_add_argparse_args" in vars(kind):
            kind._add_argparse_args(parser)
    return parser
