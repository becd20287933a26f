"""Decide which staged records become rows: what is known, what stands twice, which revision a changed text is.

The decisions lie in a database of their own (``staged``, attached to the ledger), so that memory does not grow with the
number of records and the ledger can take them over in one transaction.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from schemas.feed import FeedState
from schemas.reject import SAMPLE_CHARACTERS, Reject
from transforms.feed_state import TAKE_OVER as TAKE_OVER_FEEDS
from transforms.feed_state import stage_feeds
from transforms.ledger import open_ledger
from transforms.stage import KEY, RECORD, STAGED, StageSettings, reject_row, staged_files, write_shard

_SCHEMA = """
CREATE TABLE staged.run (run_id TEXT NOT NULL);
CREATE TABLE staged.records (
    record TEXT PRIMARY KEY, key TEXT NOT NULL, article_id TEXT NOT NULL, content_hash TEXT NOT NULL,
    published TEXT NOT NULL, source_uri TEXT NOT NULL, position INTEGER, size INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE staged.rejects (
    reject_id TEXT PRIMARY KEY, key TEXT NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE staged.decided (
    record TEXT PRIMARY KEY, key TEXT NOT NULL, article_id TEXT NOT NULL, content_hash TEXT NOT NULL,
    size INTEGER NOT NULL, source_uri TEXT NOT NULL, position INTEGER, place INTEGER NOT NULL, original TEXT NOT NULL,
    revision INTEGER NOT NULL
) WITHOUT ROWID;
CREATE VIEW staged.articles AS SELECT * FROM decided WHERE place = 1;
"""
# Of records with equal content the first by time and place stays, so that the order of the input does not matter.
# Different contents of one article count on from the last revision that another run has committed.
_DECIDE = """
INSERT INTO staged.decided
WITH fresh AS (
    SELECT * FROM staged.records AS r WHERE NOT EXISTS (
        SELECT 1 FROM main.articles AS a, staged.run AS run
        WHERE a.article_id = r.article_id AND a.content_hash = r.content_hash AND a.run_id <> run.run_id)
), placed AS (
    SELECT *, row_number() OVER same AS place,
        first_value(source_uri || coalesce(':' || position, '')) OVER same AS original
    FROM fresh
    WINDOW same AS (PARTITION BY article_id, content_hash ORDER BY published, source_uri, position, record)
)
SELECT record, key, article_id, content_hash, size, source_uri, position, place, original,
    row_number() OVER (PARTITION BY article_id, place ORDER BY published, source_uri, position, record) + coalesce(
        (SELECT max(a.revision) FROM main.articles AS a, staged.run AS run
         WHERE a.article_id = placed.article_id AND a.run_id <> run.run_id), 0)
FROM placed;
CREATE INDEX staged.decided_by_key ON decided (place, key);
"""
_TAKE_OVER = f"""
BEGIN IMMEDIATE;
DELETE FROM main.articles WHERE run_id = (SELECT run_id FROM staged.run);
DELETE FROM main.rejects WHERE run_id = (SELECT run_id FROM staged.run);
INSERT OR IGNORE INTO main.articles SELECT article_id, content_hash, revision, run_id FROM staged.articles, staged.run;
INSERT OR IGNORE INTO main.rejects SELECT reject_id, run_id FROM staged.rejects, staged.run;
{TAKE_OVER_FEEDS}
COMMIT;
"""
_NEW_REJECTS = """
    FROM staged.rejects AS r WHERE NOT EXISTS (
        SELECT 1 FROM main.rejects AS old, staged.run AS run
        WHERE old.reject_id = r.reject_id AND old.run_id <> run.run_id)
"""
_EVENT_BYTES = 1_000
_BATCH_ROWS = 10_000
_DUPLICATES_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of keys that fits in memory, ``low <= key <= high``: the records that stay, with their revisions."""

    low: str
    high: str
    revisions: dict[str, int]


@contextmanager
def decisions(ledger_path: Path, decided_path: Path) -> Iterator[sqlite3.Connection]:
    """Open the ledger with a run's decisions attached."""
    ledger = open_ledger(ledger_path)
    try:
        ledger.execute("ATTACH DATABASE ? AS staged", (str(decided_path),))
        yield ledger
    finally:
        ledger.close()


def decide(ledger: sqlite3.Connection, settings: StageSettings, feeds: Iterable[FeedState] = ()) -> None:
    """Read the keys of all staged rows and decide; records whose content stands twice are staged as rejects.

    The states of ``feeds`` go with the decisions.
    """
    staging = Path(settings.folder)
    ledger.executescript(_SCHEMA)
    stage_feeds(ledger, feeds)
    ledger.execute("INSERT INTO staged.run VALUES (?)", (settings.run_id,))
    columns = [RECORD, KEY, "article_id", "content_hash", "source_uri", "source_position", "char_count", "event_count"]
    _insert(ledger, "records", map(_record_row, _staged_rows(staging, "articles", columns)))
    ledger.executescript(_DECIDE)
    _stage_duplicates(ledger, settings)
    _insert(ledger, "rejects", _staged_rows(staging, "rejects", [RECORD, KEY, "stage", "reason"]))


def _record_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    record, key, article_id, content_hash, source_uri, position, characters, events = row
    published = key.split("|")[1]
    return record, key, article_id, content_hash, published, source_uri, position, characters + events * _EVENT_BYTES


def _staged_rows(staging: Path, table: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    for path in staged_files(staging, table):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH_ROWS, columns=columns):
                yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


def _insert(ledger: sqlite3.Connection, table: str, rows: Iterator[tuple[Any, ...]]) -> None:
    """Insert rows; a row that a retried bundle staged a second time is the same and is passed over."""
    width = len(ledger.execute(f"SELECT * FROM staged.{table} LIMIT 0").description)
    ledger.execute("BEGIN")
    ledger.executemany(f"INSERT OR IGNORE INTO staged.{table} VALUES ({', '.join('?' * width)})", rows)
    ledger.execute("COMMIT")


def _stage_duplicates(ledger: sqlite3.Connection, settings: StageSettings) -> None:
    cursor = ledger.execute("SELECT record, source_uri, position, original FROM staged.decided WHERE place > 1")
    while rows := cursor.fetchmany(_DUPLICATES_AT_ONCE):
        samples = _samples(Path(settings.folder), [row[0] for row in rows])
        rejects = [
            Reject(
                stage="commit",
                source_uri=source_uri,
                position=position,
                reason="duplicate",
                detail=f"The same article with the same text stands at {original} and was kept",
                sample=samples[record],
            )
            for record, source_uri, position, original in rows
        ]
        table = pa.Table.from_pylist([reject_row(reject, settings) for reject in rejects], STAGED["rejects"])
        write_shard(Path(settings.folder), {"rejects": table})


def _samples(staging: Path, records: list[str]) -> dict[str, str]:
    articles = ds.dataset(staged_files(staging, "articles"), schema=STAGED["articles"])
    sample = pc.utf8_slice_codeunits(pc.field("text"), 0, SAMPLE_CHARACTERS)
    columns = {RECORD: pc.field(RECORD), "sample": sample}
    found = articles.to_table(columns=columns, filter=pc.field(RECORD).isin(records))
    return {row[RECORD]: row["sample"] for row in found.to_pylist()}


def article_ranges(ledger: sqlite3.Connection, max_bytes: int) -> Iterator[Range]:
    """Yield the articles that stay, in the order of their keys, in ranges of at most about ``max_bytes``."""
    return _ranges(ledger, "SELECT key, record, revision, size FROM staged.articles ORDER BY key", max_bytes)


def reject_ranges(ledger: sqlite3.Connection, max_bytes: int) -> Iterator[Range]:
    """Yield the rejects that no other run has written, in the order of their keys."""
    return _ranges(ledger, f"SELECT key, reject_id, 1, {_EVENT_BYTES} {_NEW_REJECTS} ORDER BY key", max_bytes)


def _ranges(ledger: sqlite3.Connection, query: str, max_bytes: int) -> Iterator[Range]:
    low, size = "", 0
    high = low
    revisions: dict[str, int] = {}
    for key, record, revision, bytes_ in ledger.execute(query):
        if revisions and size + bytes_ > max_bytes:
            yield Range(low, high, revisions)
            revisions, size = {}, 0
        low = low if revisions else key
        high = key
        revisions[record] = revision
        size += bytes_
    if revisions:
        yield Range(low, high, revisions)


def tally_decisions(ledger: sqlite3.Connection) -> dict[str, int]:
    """Return how many articles are new, how many are changed, and how many records are already committed."""
    query = """SELECT
        (SELECT count(*) FROM staged.articles WHERE revision = 1) AS articles_new,
        (SELECT count(*) FROM staged.articles WHERE revision > 1) AS articles_revised,
        (SELECT count(*) FROM staged.records) - (SELECT count(*) FROM staged.decided) AS articles_unchanged"""
    cursor = ledger.execute(query)
    return dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))


def tally_rejects(ledger: sqlite3.Connection) -> dict[str, int]:
    """Return how many pieces of input were rejected, by reason, also those that an earlier run has written down."""
    return dict(ledger.execute("SELECT reason, count(*) FROM staged.rejects GROUP BY reason ORDER BY 2 DESC, 1"))


def take_over(ledger: sqlite3.Connection) -> None:
    """Move the ledger forward by the run's decisions in one transaction; doing it twice changes nothing."""
    stage_feeds(ledger, ())  # what an older version has staged knows no feeds
    ledger.executescript(_TAKE_OVER)
