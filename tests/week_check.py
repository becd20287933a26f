"""Play a week twice, once in peace and once with kills, and tell what differs in the tables."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import made
import pyarrow.parquet as pq
from week import week
from week_watch import COMPACTING, STEPS, Plan, hour_in, set_hour

from pipeline.output import Output
from pipeline.records import listed_files
from transforms.feed_state import load_feeds
from transforms.ledger import open_ledger

TABLES = ("articles", "events", "rejects")
_FIGURES = ("records", "articles_new", "articles_revised", "articles_unchanged", "events", "rejects", "feeds")
_OF_THE_RUN = {"run_id", "fetched_at", "rejected_at"}
_BY_STEP = 0.5  # share of the kills that come at a step, the others come at a moment
_WHILE_STARTING = 0.3  # share of those


@dataclass(frozen=True)
class Pace:
    """Seconds until the first cycle is done, and seconds of the others."""

    start: float
    cycle: float


@dataclass
class Played:
    """What was done: the lines of cycles by their time, kills by the step that was at work, looks of a reader."""

    cycles: dict[str, dict[str, Any]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    looks: int = 0

    def note(self, lines: Iterable[str]) -> None:
        """Note down the lines of cycles."""
        for line in map(json.loads, lines):
            self.cycles[line["time"]] = {name: line[name] for name in _FIGURES}


def in_peace(plan: Plan, played: Played) -> Pace:
    """Play the hours without a stop."""
    start = time.monotonic()
    set_hour(plan.clock, 0)
    with _watching(plan) as process:
        assert process.stdout
        played.note([process.stdout.readline()])
        first = time.monotonic()
        played.note(process.stdout)
        assert process.wait() == 0
    return Pace(first - start, (time.monotonic() - first) / plan.hours)


@dataclass(frozen=True)
class Doom:
    """When a process is killed: ``pause`` seconds after it has written ``lines``, ``within`` seconds in any case."""

    lines: int
    within: float = 3_600
    pause: float = 0


def with_kills(plan: Plan, kills: int, seed: int, pace: Pace) -> Played:
    """Play the hours, killed again and again and started anew each time."""
    dice, played = Random(seed), Played()
    set_hour(plan.clock, 0)
    with _reading(Path(plan.output)) as reader:
        for left in range(kills, 0, -1):
            hours = plan.hours - hour_in(plan.clock)
            lines = max(1, min(dice.randint(1, 1 + 2 * hours // left), hours - 3 * left))
            if dice.random() < _BY_STEP:
                is_over = _killed(_with_step(plan, dice), Doom(lines + 1), played)
            elif dice.random() < _WHILE_STARTING:
                is_over = _killed(plan, Doom(1, within=dice.uniform(0, pace.start)), played)
            else:
                is_over = _killed(plan, Doom(lines, pause=dice.uniform(0, pace.cycle)), played)
            assert not is_over, "the hours were over before the kills were"
        with _watching(plan) as process:
            played.note(process.communicate()[0].splitlines())
            assert process.returncode == 0
    played.looks = reader.looks
    return played


def _with_step(plan: Plan, dice: Random) -> Plan:
    steps = STEPS | (COMPACTING if plan.compact else {})
    step = dice.choice([*steps])
    return replace(plan, step=step, nth=dice.randint(1, 2 * steps[step]))


def _killed(plan: Plan, doom: Doom, played: Played) -> bool:
    """Watch until the process kills itself or is killed; tell whether the hours were over before."""
    plan.at_work.write_text("start")
    with _watching(plan) as process:
        assert process.stdout
        timer = threading.Timer(doom.within, process.kill)
        timer.start()
        played.note(islice(process.stdout, doom.lines))
        timer.cancel()
        time.sleep(doom.pause)
        process.kill()
        played.note(process.communicate()[0].splitlines())
    if process.returncode == 0:
        return True
    assert process.returncode == -signal.SIGKILL, f"it ended with {process.returncode} by itself"
    played.kills[plan.at_work.read_text().strip().rpartition(":")[2]] += 1
    return False


@contextmanager
def _watching(plan: Plan) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, str(Path(__file__).with_name("week_watch.py")), str(plan.write())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


class Reader:
    """Looks at the files that the commit records list, again and again: they have to fit together at any time."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.looks = 0
        self.faults: list[str] = []
        self._read: dict[str, list[tuple[Any, ...]]] = {}

    def look(self) -> None:
        """Look once."""
        listed = self._listed()
        try:
            articles = self._rows(listed, "articles", ["article_id", "revision", "event_count"])
            events = self._rows(listed, "events", ["event_id", "article_id", "revision"])
        except OSError as error:
            if listed == self._listed():
                self.faults.append(f"a listed file cannot be read: {error}")
            return
        self.looks += 1
        self.faults += differences_within(articles, events)

    def _listed(self) -> list[str]:
        return sorted(file.path for file in listed_files(Output(self.output)))

    def _rows(self, listed: list[str], table: str, columns: list[str]) -> list[tuple[Any, ...]]:
        for path in listed:
            if path.startswith(f"{table}/") and path not in self._read:
                rows = pq.read_table(self.output / path, columns=columns, partitioning=None)
                self._read[path] = [tuple(row.values()) for row in rows.to_pylist()]
        return [row for path in listed if path.startswith(f"{table}/") for row in self._read[path]]


def differences_within(articles: list[tuple[Any, ...]], events: list[tuple[Any, ...]]) -> list[str]:
    """Return what is wrong between (article, revision, events of it) and (event, article, revision)."""
    wanted = {(article, revision): count for article, revision, count in articles if count}
    found = Counter((article, revision) for _, article, revision in events)
    faults = [
        f"{article}: {found[article]} events, not {count}"
        for article, count in wanted.items()
        if found[article] != count
    ]
    faults += [f"{article}: events without it" for article in found if article not in wanted]
    faults += [f"article twice: {key}" for key, count in Counter(row[:2] for row in articles).items() if count > 1]
    return faults + [f"event twice: {key}" for key, count in Counter(row[0] for row in events).items() if count > 1]


@contextmanager
def _reading(output: Path, every: float = 0.5) -> Iterator[Reader]:
    reader, over = Reader(output), threading.Event()

    def read() -> None:
        while not over.wait(every):
            reader.look()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield reader
    finally:
        over.set()
        thread.join()
    reader.look()
    assert not reader.faults, reader.faults[:5]


def rows_of(output: Path, table: str) -> Counter[str]:
    """Return the rows of a table without what is another in every run."""
    return Counter(
        json.dumps({key: value for key, value in row.items() if key not in _OF_THE_RUN}, default=str)
        for row in made.rows(output, table)
    )


def differences(one: Path, other: Path) -> list[str]:
    """Return how two outputs differ: rows, states of feeds, and each ledger against its tables."""
    faults = []
    for table in TABLES:
        ours, theirs = rows_of(one, table), rows_of(other, table)
        faults += [f"{table}, missing: {row}" for row in (ours - theirs)]
        faults += [f"{table}, too many: {row}" for row in (theirs - ours)]
    ours, theirs = states_of(one), states_of(other)
    faults += [
        f"state: {ours.get(key)} became {theirs.get(key)}" for key in ours | theirs if ours.get(key) != theirs.get(key)
    ]
    return faults + ledger_faults(one) + ledger_faults(other)


def states_of(output: Path) -> dict[str, Any]:
    """Return the states of feeds."""
    with closing(open_ledger(Output(output).ledger)) as ledger:
        return load_feeds(ledger)


def ledger_faults(output: Path) -> list[str]:
    """Return what the ledger knows and the tables do not hold just once, and the other way round."""
    with closing(sqlite3.connect(Output(output).ledger)) as ledger:
        articles = Counter(ledger.execute("SELECT article_id, content_hash, revision, run_id FROM articles"))
        rejects = Counter(ledger.execute("SELECT reject_id FROM rejects"))
    stored = _stored(output, "articles", "article_id", "content_hash", "revision", "run_id")
    faults = [f"ledger and articles differ: {each}" for each in _unequal(articles, stored)]
    stored = _stored(output, "rejects", "reject_id")
    return faults + [f"ledger and rejects differ: {each}" for each in _unequal(rejects, stored)]


def _stored(output: Path, table: str, *columns: str) -> Counter[Any]:
    is_there = any((output / table).rglob("*.parquet"))
    return Counter(tuple(row.values()) for row in made.rows(output, table, *columns)) if is_there else Counter()


def _unequal(one: Counter[Any], other: Counter[Any]) -> list[Any]:
    return [*(one - other), *(other - one)]


@dataclass(frozen=True)
class Report:
    """What a week of both kinds gave; ``faults`` is empty when all went well."""

    played: Played
    pace: Pace
    rows: dict[str, int]
    faults: list[str]


def play(folder: Path, *, feeds: int, hours: int, kills: int, seed: int, compact: bool = False) -> Report:
    """Play the hours both ways, below a folder, over the same servers."""
    plans = {}
    current = folder / "peace" / "hour"
    with week(feeds, seed, lambda: hour_in(current)) as addresses:
        for name in ("peace", "kills"):
            (folder / name).mkdir()
            plans[name] = Plan(
                str(folder / name / "tables"), str(folder / name), tuple(addresses), hours, compact=compact
            )
        peaceful = Played()
        pace = in_peace(plans["peace"], peaceful)
        current = plans["kills"].clock
        played = with_kills(plans["kills"], kills, seed, pace)
    peace, killed = (Path(plan.output) for plan in plans.values())
    rows = {table: sum(rows_of(killed, table).values()) for table in TABLES}
    return Report(played, pace, rows, _other_cycles(peaceful, played) + differences(peace, killed))


def _other_cycles(peaceful: Played, played: Played) -> list[str]:
    """Return the cycles that saw something else, of those that lived to say what they saw."""
    cycles = sorted(peaceful.cycles.keys() & played.cycles.keys())
    both = [(time_, peaceful.cycles[time_], played.cycles[time_]) for time_ in cycles]
    return [f"{time_}: {line} became {other}" for time_, line, other in both if line != other]
