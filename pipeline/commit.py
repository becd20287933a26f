"""Commit a run: staged shards become files of the tables, all of them or none.

The order makes it safe to be killed anywhere: finished files in staging, a pending record that names them, their
renaming, the ledger, the record, and the deletion of what it replaces. What a pending record names is rolled forward at
the next start; staging without a pending record is deleted. For readers that go by the records, the commit happens at
the moment when the record is renamed.
"""

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.decide import (
    article_ranges,
    decide,
    decisions,
    reject_ranges,
    take_over,
    tally_decisions,
    tally_rejects,
)
from pipeline.heal import heal_ledger
from pipeline.merge import RANGE_BYTES, TableWriter, merge_table
from pipeline.output import Output, discard, sync
from pipeline.records import RECORD_VERSION, TableFile, read_record, read_records, write_record
from pipeline.repeat import Standing, standing
from schemas.errors import UserError
from schemas.feed import FeedState
from schemas.tables import partition_folder
from transforms.ledger import has_run
from transforms.stage import StageSettings

FINAL, FOLDED, _DECIDED = ".tables", ".folded.jsonl", ".decided.sqlite"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run would commit: the finished files, still in staging, and what was decided on the way.

    ``kept`` are files with rows of other runs that the run's record takes over, ``replaces`` the files in whose place
    all these come.
    """

    files: tuple[TableFile, ...]
    kept: tuple[TableFile, ...]
    replaces: tuple[str, ...]
    articles: dict[str, int]
    rejects: dict[str, int]


def prepare(output: Output, settings: StageSettings, feeds: Iterable[FeedState] = ()) -> Prepared:
    """Merge what the run has staged into finished files below its staging folder; note the states of feeds."""
    staging = Path(settings.folder)
    staging.mkdir(parents=True, exist_ok=True)
    with decisions(output.ledger, staging / _DECIDED) as ledger:
        decide(ledger, settings, feeds)
        repeated = has_run(ledger, settings.run_id)
        before = standing(output, read_records(output), settings.run_id, staging / FINAL, has_rows=repeated)
        files = _merge_tables(ledger, settings, before)
        return Prepared(files, before.kept, before.replaces, tally_decisions(ledger), tally_rejects(ledger))


def _merge_tables(ledger: sqlite3.Connection, settings: StageSettings, before: Standing) -> tuple[TableFile, ...]:
    staging = Path(settings.folder)
    files: list[TableFile] = []
    for table, ranges in (("articles", article_ranges), ("events", article_ranges), ("rejects", reject_ranges)):
        with TableWriter(staging / FINAL, table, settings.run_id) as writer:
            merge_table(table, ranges(ledger, RANGE_BYTES), staging, writer)
            writer.close()
            if not _has_dated_files(table, (*before.files, *writer.files)):
                writer.write_empty(partition_folder(datetime.now(UTC), settings.partition_by))
        files += writer.files
    return tuple(files)


def _has_dated_files(table: str, files: Iterable[TableFile]) -> bool:
    """Tell whether a table will have files, and not in the partition of unknown dates alone.

    pyarrow cannot infer the type of the partition's key from unknown dates alone, and no reader opens an empty folder.
    """
    return any(file.table == table and file.dated for file in files)


def commit(output: Output, run_id: str, prepared: Prepared, about: dict[str, Any]) -> None:
    """Make the prepared files the run's rows, in place of what an earlier run with this id has written."""
    sync(output.staging(run_id) / _DECIDED)
    put(output, run_id, (*prepared.files, *prepared.kept), prepared.replaces, about)


def put(
    output: Output, run_id: str, files: Iterable[TableFile], replaces: Iterable[str], about: dict[str, Any]
) -> None:
    """Put finished files from staging into the tables in place of others, all at one moment."""
    record = {
        "record_version": RECORD_VERSION,
        "run_id": run_id,
        "committed_at": datetime.now(UTC).isoformat(),
        **about,
        "files": [asdict(file) for file in files],
        "replaces": list(replaces),
    }
    write_record(output.pending(run_id), record)
    roll_forward(output, output.pending(run_id))


def take_over_states(output: Output, run_id: str) -> None:
    """Move the states of feeds forward for a run that has no rows to commit."""
    with decisions(output.ledger, output.staging(run_id) / _DECIDED) as ledger:
        take_over(ledger)


def roll_forward(output: Output, pending: Path) -> None:
    """Carry out a pending record from wherever an earlier try has stopped."""
    record = read_record(pending)
    run_id = record["run_id"]
    staging = output.staging(run_id)
    for file in record["files"]:
        _place(staging / FINAL / file["path"], output.root / file["path"], file["size"])
    if (staging / _DECIDED).exists():
        with decisions(output.ledger, staging / _DECIDED) as ledger:
            take_over(ledger)
    if (staging / FOLDED).exists():
        _move(staging / FOLDED, output.archive(run_id))
    write_record(output.record(run_id), record)
    _sweep(output, record)
    pending.unlink()
    discard(staging)


def _sweep(output: Output, record: dict[str, Any]) -> None:
    """Delete what a record in force replaces; of that it goes on naming only the files that other records list."""
    for path in record["replaces"]:
        (output.root / path).unlink(missing_ok=True)
    folds = record.pop("folds", [])
    for run_id in folds:
        output.record(run_id).unlink(missing_ok=True)
    if record["replaces"] or folds:
        others = {f.path for each in read_records(output) if each.run_id != record["run_id"] for f in each.files}
        left = [path for path in record["replaces"] if path in others]
        write_record(output.record(record["run_id"]), record | {"replaces": left})


def _place(staged: Path, final: Path, size: int) -> None:
    if staged.exists():
        _move(staged, final)
    elif not final.exists() or final.stat().st_size != size:
        raise UserError(
            f"{final}: a commit was interrupted and this file is lost; repeat that run with the same --run-id"
        )


def _move(staged: Path, final: Path) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged, final)
    sync(final.parent)
    sync(final.parent.parent)


def recover(output: Output) -> None:
    """Finish or clear away what interrupted runs have left, and make a lost or broken ledger anew from the tables."""
    heal_ledger(output)
    for pending in sorted(output.runs.glob(".*.pending")):
        roll_forward(output, pending)
    for draft in output.runs.glob("*.draft"):
        draft.unlink()
    for staging in (output.root / "staging").iterdir():
        discard(staging)
