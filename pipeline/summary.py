"""What a run did, for people and for programs."""

import json
import shlex
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.commit import FINAL, Prepared
from pipeline.options import ReadOptions
from schemas.event import EVENT_TYPES
from transforms.stage import StageSettings

_SHOWN_PER_TYPE = 2
_SHOWN_REJECTS = 5
_SAMPLE_FILES = 3
_EVENT_COLUMNS = {"type": 9, "who": 18, "to whom": 14, "counts": 12}  # heading and width in characters
_FILE_WIDTH = 120  # characters a line where the summary goes to a file or a pipe
_COLUMNS = ("event_type", "actor", "target", "killed_low", "killed_high", "injured_low", "injured_high", "sentence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Figures of one run. ``rejects`` counts by reason, also what an earlier run has already written down.

    ``feeds`` counts those that were polled by what became of them; it is empty when there were none.
    """

    run_id: str
    output: Path
    dry_run: bool
    started_at: datetime
    seconds: float
    records: int
    outside_period: int
    articles_new: int
    articles_revised: int
    articles_unchanged: int
    sentences: int
    events: dict[str, int]
    rejects: dict[str, int]
    feeds: dict[str, int]
    files: int
    samples: tuple[dict[str, Any], ...]
    reject_samples: tuple[dict[str, Any], ...]

    @property
    def rejected(self) -> int:
        """Return how many pieces of input were rejected."""
        return sum(self.rejects.values())

    @property
    def articles_seen(self) -> int:
        """Return how many articles were read and not rejected."""
        return self.articles_new + self.articles_revised + self.articles_unchanged + self.outside_period

    def counts(self) -> dict[str, Any]:
        """Return the figures as they stand in the commit record and in the line of JSON."""
        return {
            "records": self.records,
            "articles_new": self.articles_new,
            "articles_revised": self.articles_revised,
            "articles_unchanged": self.articles_unchanged,
            "outside_period": self.outside_period,
            "sentences": self.sentences,
            "events": self.events,
            "rejected": self.rejected,
            "rejects": self.rejects,
        } | ({"feeds": self.feeds} if self.feeds else {})


def summarize(
    options: ReadOptions,
    stage: StageSettings,
    counts: dict[str, int],
    prepared: Prepared,
    feeds: dict[str, int],
    started: datetime,
) -> Summary:
    """Return the figures of a run from its counters and from what it is about to commit."""
    folder = Path(stage.folder) / FINAL
    events = [folder / file.path for file in prepared.files if file.path.startswith("events/")]
    rejects = [folder / file.path for file in prepared.files if file.path.startswith("rejects/")]
    return Summary(
        run_id=stage.run_id,
        output=options.output.absolute(),
        dry_run=options.dry_run,
        started_at=started,
        seconds=(datetime.now(UTC) - started).total_seconds(),
        records=counts.get("records", 0),
        outside_period=counts.get("outside_period", 0),
        sentences=counts.get("sentences", 0),
        articles_new=prepared.articles["articles_new"],
        articles_revised=prepared.articles["articles_revised"],
        articles_unchanged=prepared.articles["articles_unchanged"] + counts.get("articles_unchanged", 0),
        events=count_events(events),
        rejects=prepared.rejects,
        feeds=feeds,
        files=len(prepared.files),
        samples=tuple(sample_events(events[:_SAMPLE_FILES])),
        reject_samples=tuple(first_rejects(rejects[:1])),
    )


def count_events(files: list[Path]) -> dict[str, int]:
    """Return the number of rows of each type."""
    found: Counter[str] = Counter()
    for path in files:
        found.update(map(str, pq.read_table(path, columns=["event_type"], partitioning=None)["event_type"].to_pylist()))
    return {event_type: found[event_type] for event_type in EVENT_TYPES}


def sample_events(files: list[Path]) -> list[dict[str, Any]]:
    """Return a few events of each type, those that the tagger is surest of."""
    rows: list[dict[str, Any]] = []
    for path in files:
        rows += pq.read_table(path, columns=[*_COLUMNS, "confidence"], partitioning=None).to_pylist()
    by_sentence = {(row["event_type"], row["sentence"].casefold()): row for row in rows}
    chosen = []
    for event_type in EVENT_TYPES:
        ranked = sorted((row for (kind, _), row in by_sentence.items() if kind == event_type), key=_sureness)
        chosen += ranked[:_SHOWN_PER_TYPE]
    return chosen


def first_rejects(files: list[Path]) -> list[dict[str, Any]]:
    """Return the first few of the rejects that were written."""
    columns = ["source_uri", "position", "reason", "detail"]
    rows = [pq.read_table(path, columns=columns, partitioning=None).slice(0, _SHOWN_REJECTS) for path in files]
    return [row for table in rows for row in table.to_pylist()]


def _sureness(row: dict[str, Any]) -> tuple[bool, float, str]:
    return row["actor"] is None, -row["confidence"], row["sentence"]


def print_summary(summary: Summary, *, as_json: bool) -> None:
    """Print the summary on stdout."""
    if as_json:
        about = {"run_id": summary.run_id, "output": str(summary.output), "dry_run": summary.dry_run}
        line = about | summary.counts() | {"files": summary.files, "seconds": round(summary.seconds, 3)}
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
        return
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    console.print(_figures(summary))
    if summary.reject_samples:
        console.print(_rejects_table(summary))
    if summary.samples:
        console.print(_events_table(summary, console.width))
    if not summary.dry_run:
        _print_whereabouts(console, summary)


def _figures(summary: Summary) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    kind = "dry run, nothing written" if summary.dry_run else f"run {summary.run_id}"
    table.add_row("Records read", f"{summary.records:,}", f"in {summary.seconds:,.1f} s, {kind}")
    if summary.feeds:
        told = ", ".join(f"{number:,} {outcome}" for outcome, number in summary.feeds.items() if number)
        table.add_row("Feeds", f"{sum(summary.feeds.values()):,}", told)
    table.add_row("Articles, new", f"{summary.articles_new:,}", f"{summary.sentences:,} sentences")
    if summary.articles_revised:
        table.add_row("Articles, changed", f"{summary.articles_revised:,}", "a new revision each")
    if summary.articles_unchanged:
        table.add_row("Articles, known", f"{summary.articles_unchanged:,}", "already in the tables, passed over")
    if summary.outside_period:
        table.add_row("Outside the period", f"{summary.outside_period:,}", "left out by --since or --until")
    table.add_row(
        "Rejected", f"{summary.rejected:,}", ", ".join(f"{n:,} {reason}" for reason, n in summary.rejects.items())
    )
    table.add_row("Events", f"{sum(summary.events.values()):,}", "")
    for event_type, number in summary.events.items():
        table.add_row(f"  {event_type}", f"{number:,}", "")
    return table


def _rejects_table(summary: Summary) -> Table:
    number = len(summary.reject_samples)
    title = f"Rejected{'' if number == summary.rejected else f', the first {number}'}"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    table.add_column("where", overflow="fold")
    table.add_column("reason", no_wrap=True)
    table.add_column("detail", overflow="fold")
    for row in summary.reject_samples:
        place = Path(row["source_uri"]).name if "://" not in row["source_uri"] else row["source_uri"]
        position = "" if row["position"] is None else f":{row['position']}"
        table.add_row(*map(escape, (f"{place}{position}", row["reason"], row["detail"])))
    return table


def _events_table(summary: Summary, width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Some of the events", title_justify="left", pad_edge=False)
    for heading, wide in _EVENT_COLUMNS.items():
        table.add_column(heading, width=wide, overflow="ellipsis", no_wrap=True)
    left = width - 4 - sum(wide + 2 for wide in _EVENT_COLUMNS.values())
    table.add_column("sentence", width=max(left, 20), overflow="ellipsis", no_wrap=True)
    for row in summary.samples:
        names = (row["event_type"].removesuffix("_report"), row["actor"] or "", row["target"] or "")
        table.add_row(*map(escape, (*names, counts_text(row), " ".join(row["sentence"].split()))))
    return table


def counts_text(row: dict[str, Any]) -> str:
    """Return killed and injured in a few characters, such as ``35+ killed, 4-6 injured``."""
    parts = [(_bounds(row[f"{effect}_low"], row[f"{effect}_high"]), effect) for effect in ("killed", "injured")]
    return ", ".join(f"{bounds} {effect}" for bounds, effect in parts if bounds)


def _bounds(low: int | None, high: int | None) -> str:
    if low is None:
        return "" if high is None else f"≤{high}"
    if high is None:
        return f"{low}+"
    return str(low) if low == high else f"{low}-{high}"


def _print_whereabouts(console: Console, summary: Summary) -> None:
    pattern = str(summary.output / "events" / "**" / "*.parquet").replace("'", "''")
    query = f"SELECT event_type, actor, target, sentence FROM '{pattern}'"
    console.print(f"[bold]Tables[/bold]  {escape(str(summary.output))}/{{articles,events,rejects}}/", soft_wrap=True)
    console.print(f"[bold]Look[/bold]    {escape(f'duckdb -c {_shell_quoted(query)}')}", soft_wrap=True)


def _shell_quoted(text: str) -> str:
    return shlex.quote(text) if set(text) & set('"$`\\!') else f'"{text}"'
