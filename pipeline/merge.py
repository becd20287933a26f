"""Merge the staged shards into the files of the tables: few, sorted, partitioned, in bounded memory."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pipeline.decide import Range
from pipeline.output import sync
from pipeline.records import TableFile
from schemas.tables import TABLES
from transforms.stage import KEY, PARTITION, RECORD, STAGED, staged_files

_ORDER = {
    "articles": [KEY],
    "events": [KEY, "sentence_index", "trigger_start", "trigger_end", "event_type"],
    "rejects": [KEY],
}
RANGE_BYTES = 48 << 20  # of Arrow data that are in memory at once
FILE_BYTES = 160 << 20  # on disk
_ROW_GROUP = 64_000
_BATCH_ROWS = 256  # articles can be long


@dataclass
class TableWriter:
    """Writes sorted rows of one table below ``folder``, a new file for each partition and whenever one is full.

    A file is named after the run or compaction and a token: no name is used twice, so that what replaces a file can lie
    beside it.
    """

    folder: Path
    table: str
    run_id: str
    mixed: bool = False
    files: list[TableFile] = field(default_factory=list)
    _writer: pq.ParquetWriter | None = None
    _path: Path = Path()
    _partition: str | None = None
    _number: int = 0
    _rows: int = 0
    _token: str = field(default_factory=lambda: secrets.token_hex(4))

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, partition: str, rows: pa.Table) -> None:
        """Append rows of one partition; partitions come one after the other."""
        if partition != self._partition or self._is_full():
            self._open(partition)
        if self._writer is None:
            raise RuntimeError("no file is open")
        self._writer.write_table(rows, row_group_size=_ROW_GROUP)
        self._rows += rows.num_rows

    def _is_full(self) -> bool:
        return self._writer is not None and (self.folder / self._path).stat().st_size > FILE_BYTES

    def write_empty(self, partition: str) -> None:
        """Write a file without rows, so that a table can be opened before it has any."""
        self.write(partition, TABLES[self.table].empty_table())
        self.close()

    def _open(self, partition: str) -> None:
        self.close()
        self._number = 0 if partition != self._partition else self._number + 1
        self._partition, self._rows = partition, 0
        self._path = Path(self.table, partition, f"{self.run_id}-{self._token}-{self._number:04d}.parquet")
        (self.folder / self._path).parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(
            self.folder / self._path, TABLES[self.table], compression="zstd", compression_level=3
        )

    def close(self) -> None:
        """Finish the open file, if there is one, and note it down."""
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        path = self.folder / self._path
        sync(path)
        self.files.append(TableFile(self._path.as_posix(), self._rows, path.stat().st_size, self.mixed))


def merge_table(table: str, ranges: Iterable[Range], staging: Path, writer: TableWriter) -> None:
    """Write the rows of the records that stay, range by range."""
    files = staged_files(staging, table)
    if not files:
        return
    dataset = ds.dataset(files, schema=STAGED[table])
    for part in ranges:
        for partition, rows in split_partitions(read_range(dataset, table, part)):
            writer.write(partition, rows)


def read_range(dataset: ds.Dataset, table: str, part: Range) -> pa.Table:
    """Return the rows of one range, in order, each once, with the revisions that were decided."""
    within = (pc.field(KEY) >= part.low) & (pc.field(KEY) <= part.high)
    rows = dataset.to_table(filter=within)
    rows = rows.filter(pc.is_in(rows[RECORD], pa.array(part.revisions, pa.string())))
    rows = drop_repeats(rows, TABLES[table].names[0])
    if "revision" in rows.column_names:
        revisions = pa.array([part.revisions[str(record)] for record in rows[RECORD].to_pylist()], pa.int32())
        rows = rows.set_column(rows.column_names.index("revision"), rows.schema.field("revision"), revisions)
    return rows.sort_by([(column, "ascending") for column in _ORDER[table]])


def drop_repeats(rows: pa.Table, id_column: str) -> pa.Table:
    """Return the rows with each id of a record once: a retried bundle stages its rows a second time."""
    numbered = rows.select([RECORD, id_column]).append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    firsts = numbered.group_by([RECORD, id_column]).aggregate([("row", "min")])["row_min"]
    return rows if len(firsts) == rows.num_rows else rows.take(firsts)


def split_partitions(rows: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield each partition's rows of a sorted table, without the staging columns."""
    partitions = rows[PARTITION].to_pylist()
    rows = rows.drop_columns([PARTITION, KEY, RECORD])
    start = 0
    for partition, group in groupby(partitions):
        length = len(list(group))
        yield str(partition), rows.slice(start, length)
        start += length


def read_file(path: Path, table: str) -> Iterator[pa.Table]:
    """Yield the rows of a finished file, some at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH_ROWS):
            yield pa.Table.from_batches([batch]).cast(TABLES[table])


def gather(pieces: Iterable[pa.Table], max_bytes: int) -> Iterator[pa.Table]:
    """Join small tables into such of at most about ``max_bytes``."""
    held: list[pa.Table] = []
    size = 0
    for piece in pieces:
        if held and size + piece.nbytes > max_bytes:
            yield pa.concat_tables(held)
            held, size = [], 0
        held.append(piece)
        size += piece.nbytes
    if held:
        yield pa.concat_tables(held)
