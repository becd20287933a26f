"""What a repeated run leaves of the tables: the rows of others, also where they share a file with its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipeline.merge import RANGE_BYTES, TableWriter, gather, read_file
from pipeline.output import Output
from pipeline.records import CommitRecord, TableFile, listed


@dataclass(frozen=True, slots=True)
class Standing:
    """The files without the rows of one run.

    ``others`` are files that the records of others list, ``kept`` files with rows of others that the run's own record
    has to list, ``replaces`` what it has to name as replaced.
    """

    others: tuple[TableFile, ...]
    kept: tuple[TableFile, ...]
    replaces: tuple[str, ...]

    @property
    def files(self) -> tuple[TableFile, ...]:
        """Return all files that stay."""
        return self.others + self.kept


def standing(output: Output, records: Sequence[CommitRecord], run_id: str, folder: Path, *, has_rows: bool) -> Standing:
    """Return what stays when a run is committed (again); mixed files are rewritten below ``folder`` without its rows.

    ``has_rows`` tells whether any file has rows of the run.
    """
    own = [record for record in records if record.run_id == run_id]
    own_paths = {file.path for record in own for file in record.files}
    live = listed(records)
    stale = [file for file in live if file.mixed and has_rows and has_rows_of(output.root / file.path, run_id)]
    gone = {file.path for file in live if file.path in own_paths and not file.mixed} | {file.path for file in stale}
    stays = [file for file in live if file.path not in gone]
    rewritten = [new for file in stale for new in _without(output, file, run_id, folder)]
    return Standing(
        others=tuple(file for file in stays if file.path not in own_paths),
        kept=(*(file for file in stays if file.path in own_paths), *rewritten),
        # What the record before has named as replaced is still listed by others.
        replaces=(*sorted(gone), *(path for record in own for path in record.replaces)),
    )


def has_rows_of(path: Path, run_id: str) -> bool:
    """Tell whether a file has rows of a run."""
    found: int = ds.dataset(path, format="parquet").count_rows(filter=pc.field("run_id") == run_id)
    return found > 0


def _without(output: Output, file: TableFile, run_id: str, folder: Path) -> list[TableFile]:
    with TableWriter(folder, file.table, run_id, mixed=True) as writer:
        pieces = (rows.filter(pc.field("run_id") != run_id) for rows in read_file(output.root / file.path, file.table))
        for rows in gather((piece for piece in pieces if piece.num_rows), RANGE_BYTES):
            writer.write(file.partition, rows)
        writer.close()
        return writer.files
