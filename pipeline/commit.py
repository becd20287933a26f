"""Commit a run: staged shards become files of the tables, all of them or none.

The order makes it safe to be killed anywhere: finished files in staging, a pending record that names them, their
renaming, the ledger, and the record's own renaming last. What a pending record names is rolled forward at the next
start; staging without a pending record is deleted.
"""

import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.decide import article_ranges, decide, decisions, reject_ranges, take_over, tally_decisions, tally_rejects
from pipeline.merge import TableFile, TableWriter, merge_table
from pipeline.output import Output, discard, sync
from schemas.errors import UserError
from schemas.feed import FeedState
from schemas.tables import UNKNOWN_PARTITION, PartitionBy, partition_folder
from transforms.ledger import fill_ledger, open_ledger
from transforms.stage import StageSettings

RECORD_VERSION = 1
RANGE_BYTES = 48 << 20
FINAL, _DECIDED = ".tables", ".decided.sqlite"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run would commit: the finished files, still in staging, and what was decided on the way."""

    files: tuple[TableFile, ...]
    articles: dict[str, int]
    rejects: dict[str, int]


def prepare(output: Output, settings: StageSettings, feeds: Iterable[FeedState] = ()) -> Prepared:
    """Merge what the run has staged into finished files below its staging folder; note the states of feeds."""
    staging = Path(settings.folder)
    staging.mkdir(parents=True, exist_ok=True)
    with decisions(output.ledger, staging / _DECIDED) as ledger:
        decide(ledger, settings, feeds)
        files: list[TableFile] = []
        for table, ranges in (("articles", article_ranges), ("events", article_ranges), ("rejects", reject_ranges)):
            with TableWriter(staging / FINAL, table, settings.run_id) as writer:
                merge_table(table, ranges(ledger, RANGE_BYTES), staging, writer)
                writer.close()
                if not _has_dated_files(output, table, settings, writer.files):
                    writer.write_empty(partition_folder(datetime.now(UTC), settings.partition_by))
            files += writer.files
        return Prepared(tuple(files), tally_decisions(ledger), tally_rejects(ledger))


def _has_dated_files(output: Output, table: str, settings: StageSettings, files: Iterable[TableFile]) -> bool:
    """Tell whether a table will have files, and not in the partition of unknown dates alone.

    pyarrow cannot infer the type of the partition's key from unknown dates alone, and no reader opens an empty folder.
    """
    replaced = set(committed_files(output, settings.run_id))
    present = {path.relative_to(output.root).as_posix() for path in (output.root / table).rglob("*.parquet")}
    paths = (present - replaced) | {file.path for file in files}
    return any(UNKNOWN_PARTITION not in path for path in paths)


def commit(output: Output, run_id: str, files: tuple[TableFile, ...], about: dict[str, Any]) -> None:
    """Make the prepared files the run's rows, in place of what an earlier run with this id has written."""
    new = {file.path for file in files}
    record = {
        "record_version": RECORD_VERSION,
        "run_id": run_id,
        **about,
        "files": [asdict(file) for file in files],
        "replaces": [path for path in committed_files(output, run_id) if path not in new],
    }
    sync(output.staging(run_id) / _DECIDED)
    _write_record(output.pending(run_id), record)
    roll_forward(output, output.pending(run_id))


def take_over_states(output: Output, run_id: str) -> None:
    """Move the states of feeds forward for a run that has no rows to commit."""
    with decisions(output.ledger, output.staging(run_id) / _DECIDED) as ledger:
        take_over(ledger)


def committed_files(output: Output, run_id: str) -> list[str]:
    """Return the files that the committed run of this id has written, relative to the output."""
    if not output.record(run_id).exists():
        return []
    return [file["path"] for file in read_record(output.record(run_id))["files"]]


def read_record(path: Path) -> dict[str, Any]:
    """Read a commit record."""
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable commit record ({error}); restore it from a backup") from error
    return record


def _write_record(path: Path, record: dict[str, Any]) -> None:
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sync(draft)
    os.replace(draft, path)
    sync(path.parent)


def roll_forward(output: Output, pending: Path) -> None:
    """Carry out a pending record from wherever an earlier try has stopped."""
    record = read_record(pending)
    staging = output.staging(record["run_id"])
    for file in record["files"]:
        _place(staging / FINAL / file["path"], output.root / file["path"], file["size"])
    if (staging / _DECIDED).exists():
        with decisions(output.ledger, staging / _DECIDED) as ledger:
            take_over(ledger)
    for path in record["replaces"]:
        (output.root / path).unlink(missing_ok=True)
    os.replace(pending, output.record(record["run_id"]))
    sync(output.runs)
    discard(staging)


def _place(staged: Path, final: Path, size: int) -> None:
    if staged.exists():
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged, final)
        sync(final.parent)
        sync(final.parent.parent)
    elif not final.exists() or final.stat().st_size != size:
        raise UserError(
            f"{final}: a commit was interrupted and this file is lost; repeat that run with the same --run-id"
        )


def recover(output: Output) -> None:
    """Finish or clear away what interrupted runs have left, and make a lost ledger anew from the tables."""
    for pending in sorted(output.runs.glob(".*.pending")):
        roll_forward(output, pending)
    for draft in output.runs.glob("*.draft"):
        draft.unlink()
    for staging in (output.root / "staging").iterdir():
        discard(staging)
    if not output.ledger.exists():
        _rebuild_ledger(output)


def _rebuild_ledger(output: Output) -> None:
    ledger = open_ledger(output.ledger)
    try:
        for path in sorted(output.runs.glob("*.json")):
            for file in read_record(path)["files"]:
                _read_back(ledger, output.root / file["path"], file["path"].split("/")[0])
    finally:
        ledger.close()


def _read_back(ledger: sqlite3.Connection, path: Path, table: str) -> None:
    if table == "articles":
        rows = pq.read_table(path, columns=["article_id", "content_hash", "revision", "run_id"], partitioning=None)
        fill_ledger(ledger, (tuple(row.values()) for row in rows.to_pylist()), [])
    elif table == "rejects":
        rows = pq.read_table(path, columns=["reject_id", "run_id"], partitioning=None)
        fill_ledger(ledger, [], (tuple(row.values()) for row in rows.to_pylist()))


def partition_of(output: Output) -> PartitionBy | None:
    """Return how the tables of an output are partitioned, None while it has no committed run."""
    for path in output.runs.glob("*.json"):
        partitioning: PartitionBy = read_record(path)["partition_by"]
        return partitioning
    return None
