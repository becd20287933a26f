"""Say in one line what a disk that fails in the middle of a run means for the tables, and what to do."""

import errno
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.output import Output
from schemas.errors import CommuniqueError, UserError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_SQLITE_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR_SHMSIZE: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}


@contextmanager
def explained(output: Output) -> Iterator[None]:
    """Raise UserError when an output cannot be written to while the block runs."""
    try:
        yield
    except CommuniqueError:
        raise
    except Exception as error:
        number = disk_error(error)
        if number is None:
            raise
        raise UserError(f"{output.root}: {os.strerror(number)}; {_state(output)}; {_advice(number)}") from error


@contextmanager
def telling() -> Iterator[None]:
    """Raise UserError when what the block prints cannot be written: what it tells of is done all the same."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        raise UserError(f"the run is done, but its summary cannot be written: {error.strerror}") from error


def disk_error(error: BaseException | None) -> int | None:
    """Return the number of the disk's error behind an error, however wrapped; None when it is another."""
    while error is not None:
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", 0)
            number = _SQLITE_ERRNO.get(code, _SQLITE_ERRNO.get(code & 0xFF))
        else:
            number = error.errno if isinstance(error, OSError) else None
        if number in {*_FULL, *_READ_ONLY, errno.EIO}:
            return number
        error = error.__cause__ or error.__context__
    return None


def _state(output: Output) -> str:
    if any(output.runs.glob(".*.pending")):
        return "the commit has begun and the next run finishes it"
    return "the tables are as they were"


def _advice(number: int) -> str:
    if number in _FULL:
        return "free some space and run again"
    return "make it writable and run again" if number in _READ_ONLY else "see to the disk and run again"
