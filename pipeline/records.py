"""The commit records: which files the tables consist of.

The one truth, for readers and for ourselves: the files that the records ``runs/*.json`` list, less those that records
replace. It moves by one renaming, that of a record; so the names of files are never used a second time.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.output import Output, sync
from schemas.errors import UserError
from schemas.tables import SCHEMA_VERSION, UNKNOWN_PARTITION, PartitionBy

RECORD_VERSION = 2
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)  # records of version 1 do not say when they were committed


@dataclass(frozen=True, slots=True)
class TableFile:
    """One finished file: ``path`` is relative to the output, ``size`` in bytes.

    The rows of a ``mixed`` file are of several runs: it stays when the run that its record is named after is repeated.
    """

    path: str
    rows: int
    size: int
    mixed: bool = False

    @property
    def table(self) -> str:
        """Return the name of the file's table."""
        return self.path.split("/")[0]

    @property
    def partition(self) -> str:
        """Return the folder below the table's, such as ``month=2025-04``; empty where there is none."""
        return "/".join(PurePosixPath(self.path).parts[1:-1])

    @property
    def dated(self) -> bool:
        """Tell whether the file lies in another partition than that of unknown dates."""
        return UNKNOWN_PARTITION not in self.path


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """What the record of a run or of a compaction says of files; ``replaces`` are those of other records."""

    run_id: str
    committed_at: datetime
    partition_by: PartitionBy
    schema_version: int
    files: tuple[TableFile, ...]
    replaces: tuple[str, ...]


def listed_files(output: Output) -> list[TableFile]:
    """Return the files that the tables consist of.

    A file can be gone when it is opened: it was compacted or replaced in between. Then list again.
    """
    return listed(read_records(output))


def listed(records: Iterable[CommitRecord]) -> list[TableFile]:
    """Return the files that the records list, less those that they replace."""
    records = list(records)
    replaced = {path for record in records for path in record.replaces}
    return [file for record in records for file in record.files if file.path not in replaced]


def read_records(output: Output) -> list[CommitRecord]:
    """Return all commit records as they stood together at one moment."""
    while True:
        paths = sorted(output.runs.glob("*.json"))
        with suppress(FileNotFoundError):
            records = [_parse(read_record(path)) for path in paths]
            # A folder is not listed in one moment: a compaction can have put its record where the listing had passed.
            if paths == sorted(output.runs.glob("*.json")):
                return records


def _parse(record: dict[str, Any]) -> CommitRecord:
    committed_at = record.get("committed_at")
    return CommitRecord(
        run_id=record["run_id"],
        committed_at=datetime.fromisoformat(committed_at) if committed_at else _LONG_AGO,
        partition_by=record["partition_by"],
        schema_version=record.get("schema_version", SCHEMA_VERSION),
        files=tuple(TableFile(**file) for file in record["files"]),
        replaces=tuple(record["replaces"]),
    )


def read_record(path: Path) -> dict[str, Any]:
    """Read a commit record; one that is not there is a ``FileNotFoundError``."""
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable commit record ({error}); restore it from a backup") from error
    return record


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a commit record, whole or not at all."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sync(draft)
    os.replace(draft, path)
    sync(path.parent)
