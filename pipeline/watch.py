"""Look at feeds again and again: small committed batches in one process."""

import json
import time
from datetime import date, datetime
from itertools import count

from pipeline.compact import compact
from pipeline.disk import telling
from pipeline.log import LOGGER, set_up_logging
from pipeline.options import WatchOptions
from pipeline.output import Output
from pipeline.pace import Monotonic, Pace, Sleep
from pipeline.run import output_of, process
from pipeline.signals import Signals, interruptible
from pipeline.summary import Summary
from schemas.errors import CommuniqueError
from transforms.files import Feeds, find_feeds
from transforms.read import Clock, utc_now


def watch(
    options: WatchOptions, clock: Clock = utc_now, sleep: Sleep = time.sleep, monotonic: Monotonic = time.monotonic
) -> int:
    """Look at the feeds every so often, until a signal comes; return the exit status: 0 for SIGTERM."""
    set_up_logging(options.log_format, verbose=options.verbose)
    with interruptible(sigterm_fails=False) as signals, output_of(options) as output:
        _look_again_and_again(options, output, signals, Pace(options.every, clock, sleep, monotonic))
    return 0


def _look_again_and_again(options: WatchOptions, output: Output, signals: Signals, pace: Pace) -> None:
    feeds = find_feeds(options.feed, options.feeds)
    compacted: date | None = None
    for cycle in count(1):
        started = pace.clock()
        summary = process(options, output, feeds, started, signals)
        if options.compact and compacted != started.date():
            compact(output, before=started.replace(hour=0, minute=0, second=0, microsecond=0))
            compacted = started.date()
        with telling():
            print(cycle_line(cycle, summary, pace.next_at()))
        if signals.received:  # while the commit went through
            raise KeyboardInterrupt
        if cycle == options.cycles:
            return
        pace.wait()
        feeds = _feeds_of_now(options, feeds)


def _feeds_of_now(options: WatchOptions, before: Feeds) -> Feeds:
    """Read the lists of feeds again, so that a feed can be added without a stop; a broken list changes nothing."""
    try:
        return find_feeds(options.feed, options.feeds)
    except CommuniqueError as error:
        LOGGER.warning("going on with the feeds as they were: %s", error)
        return before


def cycle_line(cycle: int, summary: Summary, next_at: datetime) -> str:
    """Return what one cycle did as a line of JSON. ``run_id`` is null when there was nothing to write."""
    about = {
        "time": summary.started_at.isoformat(timespec="seconds"),
        "cycle": cycle,
        "run_id": summary.run_id if summary.files else None,
    }
    line = about | summary.counts()
    line |= {
        "files": summary.files,
        "seconds": round(summary.seconds, 3),
        "next": next_at.isoformat(timespec="seconds"),
    }
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))
