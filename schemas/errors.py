"""Errors that end a command with one clear line instead of a traceback."""

from typing import ClassVar


class CommuniqueError(Exception):
    """Base of what communiqué raises on purpose; its message is one line that says what is wrong and what to do.

    CommuniqueError
     ├── UsageError      an option, a configuration file or a pattern cannot be used (exit status 2)
     └── UserError       a file, a model or an output cannot be used (exit status 1)
          └── BusyError  another process is writing to the output (exit status 75, as sysexits.h has it)
    """

    exit_status: ClassVar[int] = 1


class UsageError(CommuniqueError):
    """An option, a configuration file or a pattern cannot be used."""

    exit_status = 2


class UserError(CommuniqueError):
    """A file, a model or an output cannot be used."""


class BusyError(UserError):
    """Another process is writing to the output."""

    exit_status = 75
