"""The state of feeds in SQLite: read before a poll, written in the transaction that commits what the poll brought."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any

from schemas.feed import FeedState

_NAMES = [field.name for field in fields(FeedState)]
_TIMES = ("checked_at", "changed_at", "next_check")
_COLUMNS = ", ".join(_NAMES)

SCHEMA = """
CREATE TABLE IF NOT EXISTS {database}.feeds (
    feed_id TEXT PRIMARY KEY, url TEXT NOT NULL, etag TEXT, modified TEXT, digest TEXT, checked_at TEXT,
    changed_at TEXT, next_check TEXT, status TEXT NOT NULL, failures INTEGER NOT NULL, error TEXT, moved_to TEXT,
    is_gone INTEGER NOT NULL
) WITHOUT ROWID;
"""
TAKE_OVER = f"INSERT OR REPLACE INTO main.feeds ({_COLUMNS}) SELECT {_COLUMNS} FROM staged.feeds;"


def load_feeds(ledger: sqlite3.Connection) -> dict[str, FeedState]:
    """Return the states of all feeds by their id."""
    rows = ledger.execute(f"SELECT {_COLUMNS} FROM main.feeds ORDER BY url")
    states = [_state(dict(zip(_NAMES, row, strict=True))) for row in rows]
    return {state.feed_id: state for state in states}


def stage_feeds(ledger: sqlite3.Connection, states: Iterable[FeedState]) -> None:
    """Write states beside the decisions of a run, to be taken over with them."""
    ledger.executescript(SCHEMA.format(database="staged"))
    ledger.execute("BEGIN")
    ledger.executemany(
        f"INSERT OR REPLACE INTO staged.feeds ({_COLUMNS}) VALUES ({', '.join('?' * len(_NAMES))})",
        (tuple(map(_plain, astuple(state))) for state in states),
    )
    ledger.execute("COMMIT")


def forget_feed(ledger: sqlite3.Connection, feed_id: str) -> bool:
    """Delete the state of a feed, so that it is read anew as if it had just been added; tell whether there was one."""
    return ledger.execute("DELETE FROM main.feeds WHERE feed_id = ?", (feed_id,)).rowcount > 0


def _state(row: Mapping[str, Any]) -> FeedState:
    times = {name: row[name] and datetime.fromisoformat(row[name]) for name in _TIMES}
    return FeedState(**{**row, **times, "is_gone": bool(row["is_gone"])})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
