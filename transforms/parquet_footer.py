"""What the footer of a Parquet file says of its columns. A footer that contradicts itself can end the process here."""

import io
from collections.abc import Iterator, Sequence

import pyarrow.parquet as pq

from transforms.bombs import is_bomb
from transforms.draft import Feed, Flaw

FOOTER_END = 8  # bytes: the footer's length and "PAR1"
_LONGEST_LIST = 1_000  # values in the mean row


def check_footer(data: bytes, *, wanted: Sequence[str]) -> Feed:
    """Return one flaw of the wanted columns, or no record when all is well.

    ``data`` is the footer with its length and mark.
    """
    try:
        metadata = pq.read_metadata(io.BytesIO(b"PAR1" + data))
        flaw = next(_flaws(metadata, set(wanted)), None)
    except MemoryError:
        raise
    except Exception as error:  # Arrow's errors have several roots
        flaw = Flaw(reason="unreadable", detail=f"{type(error).__name__}: {error}")
    return Feed((flaw,) if flaw else ())


def _flaws(metadata: pq.FileMetaData, wanted: set[str]) -> Iterator[Flaw]:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for leaf in range(group.num_columns):
            chunk = group.column(leaf)
            unpacked, stored, values = chunk.total_uncompressed_size, chunk.total_compressed_size, chunk.num_values
            is_wanted = chunk.path_in_schema.partition(".")[0] in wanted
            if is_wanted and (is_bomb(unpacked, stored) or is_bomb(values, _LONGEST_LIST * group.num_rows)):
                detail = f"column {chunk.path_in_schema} has {unpacked} bytes from {stored}, {values} values"
                yield Flaw(reason="compression_bomb", detail=detail)
