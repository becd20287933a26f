"""Make a lost or broken ledger anew from the tables."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.log import LOGGER
from pipeline.output import Output, sync
from pipeline.records import listed_files, read_record
from schemas.errors import UserError
from schemas.tables import TABLES
from transforms.ledger import fill_ledger, is_sound, open_ledger

_COLUMNS = {
    "articles": ["article_id", "content_hash", "revision", "run_id"],
    "rejects": ["reject_id", "run_id"],
}
_SIDES = ("-wal", "-shm")  # what SQLite keeps beside a database


def heal_ledger(output: Output) -> None:
    """Make the ledger anew from the listed files when it is lost or broken; a broken one is set aside."""
    if output.ledger.exists() and is_sound(output.ledger):
        return
    if output.ledger.exists():
        aside = output.ledger.with_name(f"{output.ledger.name}.broken-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        LOGGER.warning("%s is broken; set aside as %s and made anew from the tables", output.ledger, aside.name)
        _rename(output.ledger, aside)
    # Where it was lost alone its companions would be taken for those of the new one.
    _delete(output.ledger)
    draft = output.ledger.with_name(f"{output.ledger.name}.draft")
    _delete(draft)
    with closing(open_ledger(draft)) as ledger:
        _read_back(ledger, output)
        ledger.execute("PRAGMA journal_mode=DELETE")  # all of it in the one file, or none on a full disk
    os.replace(draft, output.ledger)
    sync(output.ledger.parent)
    set_aside_unlisted(output)


def set_aside_unlisted(output: Output) -> None:
    """Move files that no record lists out of the tables: a restored backup can hold what its records do not know yet.

    A reader that globs would see their rows, and see them twice once they are read again.
    """
    pending = (read_record(path) for path in output.runs.glob(".*.pending"))
    known = {file.path for file in listed_files(output)} | {file["path"] for each in pending for file in each["files"]}
    if not known:
        return  # a new output: what lies there is not ours
    aside = output.root / "state" / "unlisted"
    for path in (path for table in TABLES for path in sorted((output.root / table).rglob("*.parquet"))):
        name = path.relative_to(output.root)
        if name.as_posix() not in known:
            LOGGER.warning("%s is in no record of runs/; moved to %s", path, aside / name)
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, aside / name)


def _rename(ledger: Path, aside: Path) -> None:
    for side in ("", *_SIDES):
        if Path(f"{ledger}{side}").exists():
            os.replace(f"{ledger}{side}", f"{aside}{side}")


def _delete(ledger: Path) -> None:
    for side in ("", *_SIDES):
        Path(f"{ledger}{side}").unlink(missing_ok=True)


def _read_back(ledger: sqlite3.Connection, output: Output) -> None:
    for file in listed_files(output):
        if file.table == "articles":
            fill_ledger(ledger, _rows(output.root / file.path, "articles"), [])
        elif file.table == "rejects":
            fill_ledger(ledger, [], _rows(output.root / file.path, "rejects"))


def _rows(path: Path, table: str) -> Iterator[tuple[Any, ...]]:
    if not path.exists():
        raise UserError(f"{path} is lost; restore it from a backup, or see 'Mending' in docs/years.md")
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=_COLUMNS[table]):
            yield from zip(*(batch.column(name).to_pylist() for name in _COLUMNS[table]), strict=True)
