"""The ledger: which article content has been committed by which run, and the state of feeds, in SQLite."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam

from schemas.article import Article
from transforms.counters import count
from transforms.feed_state import SCHEMA as FEEDS_SCHEMA

_SCHEMA = """
CREATE TABLE IF NOT EXISTS articles (
    article_id TEXT NOT NULL, content_hash TEXT NOT NULL, revision INTEGER NOT NULL, run_id TEXT NOT NULL,
    PRIMARY KEY (article_id, content_hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejects (reject_id TEXT PRIMARY KEY, run_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS articles_by_run ON articles (run_id);
CREATE INDEX IF NOT EXISTS rejects_by_run ON rejects (run_id);
"""
# No database, a damaged one, and one without the tables: that of a file of no bytes.
BROKEN = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)
_IS_KNOWN = "SELECT 1 FROM articles WHERE article_id = ? AND content_hash = ? AND run_id <> ?"


def open_ledger(path: Path) -> sqlite3.Connection:
    """Open the ledger for writing, made anew where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ledger = sqlite3.connect(path, isolation_level=None)
    ledger.execute("PRAGMA journal_mode=WAL")
    ledger.execute("PRAGMA synchronous=FULL")
    ledger.executescript(_SCHEMA + FEEDS_SCHEMA.format(database="main"))
    return ledger


def read_ledger(path: Path) -> sqlite3.Connection:
    """Open the ledger for reading. At rest it needs no files beside it, which not everybody may write."""
    may_write = os.access(path.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
    at_rest = not Path(f"{path}-wal").exists()
    return sqlite3.connect(f"{path.as_uri()}?{'immutable=1' if at_rest and not may_write else 'mode=ro'}", uri=True)


def is_sound(path: Path) -> bool:
    """Tell whether a ledger can be read and is not cut off; looking at every page of it would take too long."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as ledger:
        try:
            ledger.execute("SELECT (SELECT run_id FROM articles LIMIT 1), (SELECT run_id FROM rejects LIMIT 1)")
            (page_size,) = ledger.execute("PRAGMA page_size").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode in BROKEN:
                return False
            raise
    return path.stat().st_size % int(page_size) == 0


def is_known(ledger: sqlite3.Connection, article: Article, run_id: str) -> bool:
    """Tell whether another run has committed this content of this article."""
    row = ledger.execute(_IS_KNOWN, (article.article_id, article.content_hash, run_id)).fetchone()
    return row is not None


def has_run(ledger: sqlite3.Connection, run_id: str) -> bool:
    """Tell whether a run of this id has committed rows."""
    query = "SELECT EXISTS (SELECT 1 FROM {0} WHERE run_id = ?)"
    return any(ledger.execute(query.format(table), (run_id,)).fetchone()[0] for table in ("articles", "rejects"))


def fill_ledger(
    ledger: sqlite3.Connection, articles: Iterable[tuple[Any, ...]], rejects: Iterable[tuple[Any, ...]]
) -> None:
    """Write (article_id, content_hash, revision, run_id) and (reject_id, run_id) as read back from the tables."""
    with closing(ledger.cursor()) as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?)", articles)
        cursor.executemany("INSERT OR REPLACE INTO rejects VALUES (?, ?)", rejects)
        cursor.execute("COMMIT")


class _SkipKnownFn(beam.DoFn):
    """Pass on the articles that no other run has committed."""

    def __init__(self, ledger: str, run_id: str) -> None:
        self._path = ledger
        self._run_id = run_id
        self._ledger: sqlite3.Connection | None = None

    def setup(self) -> None:
        # Beam may call setup and process from different threads, one after the other.
        self._ledger = sqlite3.connect(f"{Path(self._path).as_uri()}?mode=ro", uri=True, check_same_thread=False)

    def process(self, article: Article) -> Iterator[Article]:
        if self._ledger is None:
            raise RuntimeError("setup was not called")
        if is_known(self._ledger, article, self._run_id):
            count("articles_unchanged")
        else:
            yield article

    def teardown(self) -> None:
        if self._ledger is not None:
            self._ledger.close()


@dataclass
class SkipKnown(beam.PTransform[beam.PCollection[Article], beam.PCollection[Article]]):
    """Drop articles whose content another run has committed, before any work goes into them: Article -> Article."""

    ledger: str
    run_id: str

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        """Wire the look-up."""
        new: beam.PCollection[Article] = articles | "LookUp" >> beam.ParDo(_SkipKnownFn(self.ledger, self.run_id))
        return new
