"""Progress of a run on a terminal: what was done so far, how fast, and how long it will take where that is known."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from transforms.counters import reset_tally, tally

_EVERY_SECONDS = 0.5


@contextmanager
def progress(total_bytes: int | None) -> Iterator[None]:
    """Show progress on stderr while the block runs; nothing where stderr is not a terminal.

    ``total_bytes`` is the size of all input as stored, None where it is not known.
    """
    reset_tally()
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    done = threading.Event()
    with bar:
        task = bar.add_task("starting", total=total_bytes)
        watcher = threading.Thread(target=_watch, args=(bar, task, done), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def _watch(bar: Progress, task: TaskID, done: threading.Event) -> None:
    seconds = 0.0
    while not done.wait(_EVERY_SECONDS):
        seconds += _EVERY_SECONDS
        bar.update(task, completed=tally().get("bytes_read", 0), description=describe(tally(), seconds))


def describe(counts: dict[str, int], seconds: float) -> str:
    """Return the line of figures: articles, sentences, events and articles a second."""
    articles = counts.get("articles", 0)
    parts = [
        f"{articles:,} articles",
        f"{counts.get('sentences', 0):,} sentences",
        f"{counts.get('events', 0):,} events",
    ]
    if rejects := counts.get("rejects_read", 0):
        parts.append(f"{rejects:,} rejects")
    return ", ".join(parts) + f", {articles / max(seconds, 0.1):,.0f} articles/s"
