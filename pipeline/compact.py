"""Merge the small files of the tables into few: frequent runs leave thousands.

A compaction is a commit like a run's, with a record of its own. It changes no row. Records that then list nothing any
more are folded: they move into one file in ``runs/compacted/``, so that the records that are read stay few.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from pipeline import __version__
from pipeline.commit import FINAL, FOLDED, put, recover
from pipeline.disk import explained
from pipeline.log import set_up_logging
from pipeline.merge import RANGE_BYTES, TableWriter, gather
from pipeline.options import CompactOptions, new_run_id
from pipeline.output import Output, discard, sync
from pipeline.records import CommitRecord, TableFile, listed, read_record, read_records
from pipeline.signals import deferred, interruptible
from pipeline.sorting import sorted_rows
from schemas.errors import UserError
from schemas.tables import SCHEMA_VERSION, TABLES, PartitionBy

SMALL_BYTES = 64 << 20  # a file from here on is left as it is
GROUP_BYTES = 512 << 20  # of small files that are merged at once, so that the chunks they are sorted in stay few
_IDLE_RECORDS = 100  # that list nothing any more are worth a compaction by themselves


@dataclass(frozen=True, slots=True)
class TableFigures:
    """Files and bytes of one table before and after a compaction, and its rows."""

    table: str
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    rows: int


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did; ``compaction_id`` is None where there was nothing to do."""

    compaction_id: str | None
    tables: tuple[TableFigures, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: groups of files to merge, empty files to drop, records that then list nothing any more."""

    groups: tuple[tuple[TableFile, ...], ...]
    empty: tuple[TableFile, ...]
    folds: tuple[CommitRecord, ...]

    @property
    def replaced(self) -> tuple[TableFile, ...]:
        """Return the files that go."""
        return (*(file for group in self.groups for file in group), *self.empty)

    @property
    def is_worth_it(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.replaced) or len(self.folds) >= _IDLE_RECORDS


def run_compact(options: CompactOptions) -> int:
    """Merge small files as the options say; return the exit status."""
    set_up_logging(options.log_format, verbose=options.verbose)
    output = Output(options.output.absolute())
    if not output.runs.exists():
        raise UserError(f"{options.output}: no tables of communiqué here ({output.runs} is missing); check --output")
    with interruptible(), output.locked(), explained(output):
        recover(output)
        done = compact(output, before=options.before)
    if options.json:
        print(json.dumps(asdict(done), separators=(",", ":")))
        return 0
    for each in done.tables:
        files, size = f"{each.files_before:,} -> {each.files_after:,}", f"{each.bytes_before:,} -> {each.bytes_after:,}"
        print(f"{each.table:<9} {each.rows:>12,} rows  files {files:<18} bytes {size}")
    return 0


def compact(output: Output, *, before: datetime | None = None) -> Compacted:
    """Merge the small files of each partition, of all runs or of those committed before a moment.

    The output is locked, and interrupted commits have been recovered.
    """
    records = read_records(output)
    files = listed(records)
    plan = make_plan(records, before)
    if not plan.is_worth_it:
        return Compacted(None, figures(files, files))
    compaction_id = f"compact-{new_run_id(datetime.now(UTC), secrets.token_hex(2))}"
    try:
        new = _carry_out(output, compaction_id, plan, records[0].partition_by)
    finally:
        if not output.pending(compaction_id).exists():
            discard(output.staging(compaction_id))
    replaced = {file.path for file in plan.replaced}
    return Compacted(compaction_id, figures(files, [*(file for file in files if file.path not in replaced), *new]))


def figures(before: Sequence[TableFile], after: Sequence[TableFile]) -> tuple[TableFigures, ...]:
    """Return the figures of each table."""
    return tuple(
        TableFigures(
            table=table,
            files_before=sum(file.table == table for file in before),
            files_after=sum(file.table == table for file in after),
            bytes_before=sum(file.size for file in before if file.table == table),
            bytes_after=sum(file.size for file in after if file.table == table),
            rows=sum(file.rows for file in after if file.table == table),
        )
        for table in TABLES
    )


def make_plan(records: Sequence[CommitRecord], before: datetime | None) -> Plan:
    """Decide which files are merged, which are dropped and which records are folded."""
    live = listed(records)
    due = {file.path for each in records if before is None or each.committed_at < before for file in each.files}
    small = sorted((file for file in live if file.size < SMALL_BYTES and file.path in due), key=attrgetter("path"))
    groups = tuple(_groups(file for file in small if file.rows))
    empty = tuple(_superfluous([file for file in small if not file.rows], live))
    left = {file.path for file in live} - {file.path for group in (*groups, empty) for file in group}
    folds = tuple(record for record in records if not any(file.path in left for file in record.files))
    return Plan(groups, empty, folds)


def _groups(files: Iterable[TableFile]) -> Iterator[tuple[TableFile, ...]]:
    """Yield the files of each partition, where there are several, in groups of a bounded size."""
    for _, partition in groupby(files, key=lambda file: (file.table, file.partition)):
        group: list[TableFile] = []
        size = 0
        for file in partition:
            if size + file.size > GROUP_BYTES:
                yield tuple(group)
                group, size = [], 0
            group.append(file)
            size += file.size
        if len(group) > 1:
            yield tuple(group)


def _superfluous(empty: Sequence[TableFile], live: Sequence[TableFile]) -> Iterator[TableFile]:
    """Yield the empty files that go: all, but for one where no other dated file lets readers open the table."""
    for table in TABLES:
        mine = [file for file in empty if file.table == table]
        others = {file for file in live if file.table == table and file.dated} - set(mine)
        yield from mine if others else mine[:-1]


def _carry_out(output: Output, compaction_id: str, plan: Plan, partition_by: PartitionBy) -> list[TableFile]:
    staging = output.staging(compaction_id)
    staging.mkdir(parents=True)
    new = [file for group in plan.groups for file in _merge(output, compaction_id, group)]
    _archive(output, plan.folds, staging / FOLDED)
    about = {
        "kind": "compaction",
        "communique_version": __version__,
        "schema_version": SCHEMA_VERSION,
        "partition_by": partition_by,
        "counts": {"files_replaced": len(plan.replaced), "rows": sum(file.rows for file in new)},
        "folds": [record.run_id for record in plan.folds],
    }
    # What folded records have named as replaced is still listed by others.
    replaces = [file.path for file in plan.replaced] + [path for record in plan.folds for path in record.replaces]
    with deferred():
        put(output, compaction_id, new, replaces, about)
    return new


def _archive(output: Output, records: Iterable[CommitRecord], path: Path) -> None:
    with path.open("w", encoding="utf-8") as lines:
        for record in records:
            text = json.dumps(read_record(output.record(record.run_id)), ensure_ascii=False, separators=(",", ":"))
            lines.write(text + "\n")
    sync(path)


def _merge(output: Output, compaction_id: str, group: Sequence[TableFile]) -> list[TableFile]:
    table, partition = group[0].table, group[0].partition
    staging = output.staging(compaction_id)
    paths = [output.root / file.path for file in group]
    with TableWriter(staging / FINAL, table, compaction_id, mixed=True) as writer:
        for rows in gather(sorted_rows(paths, table, staging / "chunks"), RANGE_BYTES):
            writer.write(partition, rows)
        writer.close()
        return writer.files
