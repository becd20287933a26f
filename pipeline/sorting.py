"""Sort the rows of many files in bounded memory: in chunks that fit, which are then merged."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.merge import gather, read_file
from pipeline.output import discard
from transforms.stage import KEY

CHUNK_BYTES = 32 << 20  # of Arrow data that are sorted in memory
_PIECE_BYTES = 512 << 10  # of Arrow data that are read from each chunk at once
_EPOCH = 62_135_596_800_000_000  # microseconds from year 1 to 1970


def sorted_rows(paths: Iterable[Path], table: str, scratch: Path) -> Iterator[pa.Table]:
    """Yield the rows of files of one partition in order; ``scratch`` is a folder for the chunks."""
    pieces = (piece for path in paths for piece in read_file(path, table))
    chunks = [
        _write_chunk(rows.append_column(KEY, order_key(rows, table)), scratch / f"{number}.parquet")
        for number, rows in enumerate(gather(pieces, CHUNK_BYTES))
    ]
    for rows in merge_sorted([_read_chunk(path) for path in chunks]):
        yield rows.drop_columns([KEY])
    discard(scratch)


def _write_chunk(rows: pa.Table, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    size = max(1, rows.num_rows * _PIECE_BYTES // max(1, rows.nbytes))
    pq.write_table(rows.sort_by(KEY), path, row_group_size=size, compression="lz4")
    return path


def _read_chunk(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as chunk:
        for number in range(chunk.num_row_groups):
            yield chunk.read_row_group(number)


def merge_sorted(streams: Iterable[Iterator[pa.Table]]) -> Iterator[pa.Table]:
    """Yield the rows of sorted streams in order, each time those that no stream can undercut any more."""
    heads = [(rows, stream) for stream in streams for rows in [next(stream)]]
    while heads:
        limit = min(rows[KEY][-1].as_py() for rows, _ in heads)
        ready, waiting = [], []
        for rows, stream in heads:
            ready.append(rows.filter(pc.less_equal(rows[KEY], limit)))
            cut = ready[-1].num_rows
            rest = rows.slice(cut) if cut < rows.num_rows else next(stream, None)
            waiting += [(rest, stream)] if rest is not None else []
        heads = waiting
        yield pa.concat_tables(ready).sort_by(KEY)


def order_key(rows: pa.Table, table: str) -> "pa.ChunkedArray[Any]":
    """Return a text for each row of a partition that sorts as runs sort them; see ``transforms.stage``.

    Revisions of an article with one time of publication come in the order of their numbers.
    """
    parts: list[Any]
    if table == "rejects":
        parts = [rows["stage"], rows["source_uri"], _padded(rows["position"], 12, unknown=""), rows["reject_id"]]
    else:
        published = pc.add(pc.cast(rows["published_at"], pa.int64()), _EPOCH)
        parts = [_padded(published, 18, unknown="~"), rows["article_id"], _padded(rows["revision"])]
    if table == "events":
        parts += [_padded(rows[column]) for column in ("sentence_index", "trigger_start", "trigger_end")]
        parts += [rows["event_type"], rows["event_id"]]
    key: pa.ChunkedArray[Any] = pc.binary_join_element_wise(*parts, "|")
    return key


def _padded(numbers: Any, width: int = 10, *, unknown: str = "") -> Any:
    return pc.fill_null(pc.utf8_lpad(pc.cast(numbers, pa.string()), width, "0"), unknown)
