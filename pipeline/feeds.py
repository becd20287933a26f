"""Look at feeds and at what is known of them: the commands ``feeds check``, ``feeds list`` and ``feeds forget``."""

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.disk import explained
from pipeline.log import set_up_logging
from pipeline.options import CommandOptions, FeedsCheckOptions, FeedsForgetOptions, FeedsListOptions
from pipeline.output import Output
from pipeline.poll import Poller, fetch_settings
from schemas.errors import UserError
from schemas.feed import FeedState, feed_id
from schemas.reject import Reject
from schemas.source import Source
from transforms.addresses import redact
from transforms.feed_state import forget_feed, load_feeds
from transforms.files import find_feeds
from transforms.ledger import BROKEN, open_ledger, read_ledger
from transforms.read import ReadSettings, read_source

EXIT_WRONG = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCheck:
    """What one feed looks like now. ``status`` is ``ok`` or why it cannot be read; ``notes`` what else is odd."""

    url: str
    status: str
    entries: int = 0
    newest: datetime | None = None
    notes: tuple[str, ...] = ()


def check_feeds(options: FeedsCheckOptions) -> int:
    """Fetch the feeds and print a line for each; return 3 when one cannot be read."""
    set_up_logging(options.log_format, verbose=options.verbose)
    checks = []
    for check in check_all(options):
        print(_as_json(asdict(check)) if options.json else check_line(check), flush=True)
        checks.append(check)
    return EXIT_WRONG if any(check.status != "ok" for check in checks) else 0


def check_all(options: FeedsCheckOptions) -> Iterator[FeedCheck]:
    """Yield what each feed looks like, sorted by address, files last."""
    feeds = find_feeds(options.feed, options.feeds)
    with tempfile.TemporaryDirectory(prefix="communique-") as folder:
        poller = Poller(
            fetcher=fetch_settings(options).fetcher(),
            folder=Path(folder),
            now=datetime.now(UTC),
            conditional=False,
            on_schedule=False,
        )
        for polled in poller.poll(feeds.addresses, {}):
            if polled.outcome == "postponed":
                yield FeedCheck(url=polled.state.url, status="postponed", notes=("its host did not answer",))
            elif polled.source:
                yield check_source(polled.source, polled.state)
        for file in feeds.files:
            yield check_source(file, None)


def check_source(source: Source, state: FeedState | None) -> FeedCheck:
    """Read a feed and say what is there."""
    items = list(read_source(source, ReadSettings()))
    rejects = [item for item in items if isinstance(item, Reject)]
    articles = [item for item in items if not isinstance(item, Reject)]
    dates = [article.published_at for article in articles if article.published_at]
    notes = [f"moved to {redact(state.moved_to)}"] if state and state.moved_to else []
    if articles and len(dates) < len(articles):
        notes.append(f"{len(articles) - len(dates)} without a date")
    notes += list(dict.fromkeys(reject.detail for reject in rejects))[:3]
    return FeedCheck(
        url=source.uri,
        status="ok" if articles or not rejects else rejects[0].reason,
        entries=len(articles),
        newest=max(dates, default=None),
        notes=tuple(notes),
    )


def check_line(check: FeedCheck) -> str:
    """Return one line: status, entries, newest entry, address, what is odd."""
    newest = f"{check.newest:%Y-%m-%d %H:%M}" if check.newest else "-"
    notes = f"  ({'; '.join(check.notes)})" if check.notes else ""
    return f"{check.status:<18} {check.entries:>6} {newest:<16}  {check.url}{notes}"


def list_feeds(options: FeedsListOptions) -> int:
    """Print what is known of every feed of an output."""
    with _ledger_of(options, options.output, read_ledger) as ledger:
        states = list(load_feeds(ledger).values())
    if options.json:
        for state in states:
            print(_as_json(asdict(state)))
        return 0
    print(f"{'status':<18} {'failed':>6} {'checked':<16} {'changed':<16} {'next check':<16}  feed")
    for state in states:
        print(state_line(state))
    return 0


def state_line(state: FeedState) -> str:
    """Return the state of a feed as one line."""
    times = (state.checked_at, state.changed_at, None if state.is_gone else state.next_check)
    shown = " ".join(f"{moment:%Y-%m-%d %H:%M}" if moment else f"{'-':<16}" for moment in times)
    notes = [note for note in (state.moved_to and f"moved to {redact(state.moved_to)}", state.error) if note]
    ending = f"  ({'; '.join(notes)})" if notes else ""
    return f"{state.status:<18} {state.failures:>6} {shown}  {state.url}{ending}"


def forget_feeds(options: FeedsForgetOptions) -> int:
    """Forget what is known of some feeds; what they brought stays in the tables and is not written twice."""
    output = Output(options.output.absolute())
    with _ledger_of(options, options.output, open_ledger) as ledger, output.locked(), explained(output):
        unknown = [address for address in options.feed if not forget_feed(ledger, feed_id(address))]
    if unknown:
        raise UserError(f"nothing is known of {', '.join(map(redact, unknown))}; see communique feeds list")
    return 0


@contextmanager
def _ledger_of(
    options: CommandOptions, output: Path, connect: Callable[[Path], sqlite3.Connection]
) -> Iterator[sqlite3.Connection]:
    set_up_logging(options.log_format, verbose=options.verbose)
    path = Output(output.absolute()).ledger
    if not path.exists():
        raise UserError(f"{output}: no tables of communiqué here ({path} is missing); check --output")
    try:
        with closing(connect(path)) as ledger:
            yield ledger
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in BROKEN:
            raise
        raise UserError(f"{path} is broken; the next run sets it aside and makes it anew from the tables") from error


def _as_json(record: dict[str, Any]) -> str:
    plain = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in record.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
