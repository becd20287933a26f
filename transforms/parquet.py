"""Rows of Parquet files as drafts of articles.

A Parquet file of a kilobyte can hold one long text and a million references to it, or pages that unpack to gigabytes.
So what the footer says of its columns is looked at before they are read, in another process (a footer can make Arrow
end the one that looks), texts stay in their dictionaries until their row is next, and all rows together are compared
with the size of the file.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.bombs import is_bomb
from transforms.document_reader import check_footer_apart
from transforms.draft import Draft, Flaw
from transforms.parquet_footer import FOOTER_END
from transforms.records import columns_of, draft_of_row, missing_text
from transforms.streams import Stream, read_whole

LARGEST_PACKED = 64 * 2**20  # bytes of an unpacked .parquet.gz, .bz2 or .zst, which is read from its end
_BATCH_ROWS = 64
_ROW_BYTES = 100  # that a row counts beside its text
_LARGEST_FOOTER = 2**26  # bytes


def read_parquet(stream: Stream, mapping: Mapping[str, str]) -> Iterator[Draft | Flaw]:
    """Yield a draft for each row of a Parquet file; one that was packed as a whole has to fit in memory."""
    if stream.seekable():
        return _read_table(stream, mapping)
    data = read_whole(stream, LARGEST_PACKED)
    if data is None:
        return iter(() if stream.damage else [Flaw(reason="too_large")])
    return _read_table(io.BytesIO(data), mapping)


def _read_table(stream: BinaryIO, mapping: Mapping[str, str]) -> Iterator[Draft | Flaw]:
    wanted = {column.partition(".")[0] for columns in columns_of(mapping).values() for column in columns}
    footer, size = _read_footer(stream)
    if flaw := check_footer_apart(footer, sorted(wanted)):
        yield flaw
        return
    stream.seek(0)
    metadata = pq.read_metadata(stream)
    names = metadata.schema.to_arrow_schema().names
    if flaw := missing_text(names, mapping):
        yield flaw
        return
    leaves = _leaves(metadata, wanted)
    texts = [leaf for leaf in leaves if metadata.schema.column(leaf).physical_type == "BYTE_ARRAY"]
    stream.seek(0)
    parquet = pq.ParquetFile(
        stream, metadata=metadata, read_dictionary=[metadata.schema.column(leaf).path for leaf in texts]
    )
    yield from _read_rows(parquet, [name for name in names if name in wanted], mapping, size)


def _read_rows(
    parquet: pq.ParquetFile, names: list[str], mapping: Mapping[str, str], stored: int
) -> Iterator[Draft | Flaw]:
    position = unpacked = 0
    for batch in parquet.iter_batches(_BATCH_ROWS, columns=names):
        columns = [_plain(column) for column in batch.columns]
        for row in range(batch.num_rows):
            position += 1
            cells = [column[row].as_py() for column in columns]
            unpacked += _ROW_BYTES + sum(len(cell) for cell in cells if isinstance(cell, bytes | list))
            if is_bomb(unpacked, stored):
                detail = f"{unpacked} bytes from {stored}"
                yield Flaw(reason="compression_bomb", detail=detail, position=position)
                return
            yield draft_of_row(dict(zip(batch.schema.names, cells, strict=True)), position, mapping)


def _leaves(metadata: pq.FileMetaData, wanted: set[str]) -> list[int]:
    """Return the numbers of the columns as stored that belong to the wanted ones."""
    paths = (metadata.schema.column(leaf).path for leaf in range(metadata.num_columns))
    return [leaf for leaf, path in enumerate(paths) if path.partition(".")[0] in wanted]


def _read_footer(stream: BinaryIO) -> tuple[bytes, int]:
    """Return the footer with its length and mark, as far as it is there, and the size of the file."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - FOOTER_END))
    length = int.from_bytes(stream.read(FOOTER_END)[:4], "little")
    stream.seek(max(0, size - FOOTER_END - min(length, _LARGEST_FOOTER)))
    return stream.read(), size


def _plain(column: "pa.Array[Any]") -> "pa.Array[Any]":
    """Return a column whose values Python can always take: text as bytes, as it may be invalid; times as text."""
    if isinstance(column, pa.DictionaryArray):
        return pa.DictionaryArray.from_arrays(column.indices, _plain(column.dictionary))
    if pa.types.is_temporal(column.type):
        return column.cast(pa.string())
    if pa.types.is_string(column.type):
        return column.cast(pa.binary())
    return column.cast(pa.large_binary()) if pa.types.is_large_string(column.type) else column
