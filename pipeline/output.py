"""The output folder: where things lie in it, and that one run at a time writes to it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import BusyError, UserError


@dataclass(frozen=True, slots=True)
class Output:
    """Paths below one output folder.

    ``ROOT/{articles,events,rejects}/`` are the tables, ``ROOT/runs/<run_id>.json`` the commit records,
    ``ROOT/state/`` the ledger and the lock, ``ROOT/staging/<run_id>/`` what a run has not committed yet.
    """

    root: Path

    @property
    def runs(self) -> Path:
        """Return the folder of commit records."""
        return self.root / "runs"

    @property
    def ledger(self) -> Path:
        """Return the ledger's file."""
        return self.root / "state" / "ledger.sqlite"

    def staging(self, run_id: str) -> Path:
        """Return the folder that a run stages its rows in."""
        return self.root / "staging" / run_id

    def record(self, run_id: str) -> Path:
        """Return the commit record of a run; it exists once the run is committed."""
        return self.runs / f"{run_id}.json"

    def pending(self, run_id: str) -> Path:
        """Return the record of a commit that has begun; it is rolled forward at the next start."""
        return self.runs / f".{run_id}.pending"

    def archive(self, run_id: str) -> Path:
        """Return where a compaction keeps the records that it has made superfluous, one a line."""
        return self.runs / "compacted" / f"{run_id}.jsonl"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the output for writing. The system drops the lock when the process dies, however it dies."""
        handle = self._open_lock()
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(
                    f"{self.root}: another run is writing here; wait for it or choose another --output"
                ) from error
            yield
        finally:
            os.close(handle)

    def _open_lock(self) -> int:
        try:
            for folder in (self.runs, self.root / "state", self.root / "staging"):
                folder.mkdir(parents=True, exist_ok=True)
            return os.open(self.root / "state" / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UserError(f"{self.root}: cannot write here ({error.strerror}); choose another --output") from error


def sync(path: Path) -> None:
    """Make the contents of a file, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def discard(folder: Path) -> None:
    """Delete a staging folder, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)
