"""Read every file below some folders as a feed, and say what came of it: python benchmarks/feed_files.py FOLDER...

Each has to give entries or a reject with a reason, soon. Lists of feeds (.opml) are read as such. ``--expectations``
also compares the entries with what feedparser's own test files say of themselves.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from feed_expectations import Verdict, judge

from schemas.article import Article
from schemas.errors import UserError
from schemas.source import Source
from transforms.files import read_feed_list
from transforms.read import ReadSettings, read_source

LONGEST = 5.0  # seconds
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one file gave. ``trouble`` says what should not have happened."""

    path: Path
    seconds: float
    entries: int = 0
    reasons: tuple[str, ...] = ()
    trouble: str = ""


def read_file(path: Path) -> Outcome:
    """Read a file as a run does."""
    started = time.perf_counter()
    try:
        entries, reasons = _read_list(path) if path.suffix == ".opml" else _read_feed(path)
        trouble = "" if entries or reasons else "neither entries nor a reject"
    except Exception as error:  # what this command is for
        entries, reasons, trouble = 0, (), f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - started
    if seconds > LONGEST:
        trouble = trouble or f"took {seconds:.1f} s"
    return Outcome(path, seconds, entries, reasons, trouble)


def _read_feed(path: Path) -> tuple[int, tuple[str, ...]]:
    found = list(read_source(Source(str(path), is_feed=True), ReadSettings()))
    rejects = [item for item in found if not isinstance(item, Article)]
    return len(found) - len(rejects), tuple(reject.reason for reject in rejects)


def _read_list(path: Path) -> tuple[int, tuple[str, ...]]:
    try:
        return len(read_feed_list(str(path))), ()
    except UserError:
        return 0, ("list without feeds",)


def files_below(folders: Sequence[Path]) -> list[Path]:
    """Return all files, in order."""
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def report(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines to print."""
    with_entries = [outcome for outcome in outcomes if outcome.entries]
    without = Counter(outcome.reasons[0] for outcome in outcomes if outcome.reasons and not outcome.entries)
    beside = Counter(reason for outcome in with_entries for reason in outcome.reasons)
    yield f"{len(outcomes):,} files, {sum(outcome.seconds for outcome in outcomes):.1f} s"
    yield f"{len(with_entries):6,} gave entries, {sum(outcome.entries for outcome in with_entries):,} in all"
    yield from (f"{number:6,} only a reject: {reason}" for reason, number in without.most_common())
    yield from (f"{number:6,} rejects beside entries: {reason}" for reason, number in beside.most_common())
    slowest = sorted(outcomes, key=_seconds, reverse=True)[:_SHOWN]
    yield from ("slowest:", *(f"  {outcome.seconds:.2f} s  {outcome.path.name}" for outcome in slowest))
    troubled = [outcome for outcome in outcomes if outcome.trouble]
    yield f"trouble: {len(troubled)}"
    yield from (f"  {outcome.path}: {outcome.trouble}" for outcome in troubled)


def _seconds(outcome: Outcome) -> float:
    return outcome.seconds


def report_verdicts(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the lines to print about expectations."""
    reasons = Counter(verdict.reason for verdict in verdicts)
    yield f"expectations of fields that are kept: {len(verdicts):,}"
    for reason, number in reasons.most_common():
        yield f"{number:6,} {reason or 'agree'}"
        if reason:
            yield from (f"         {verdict}" for verdict in verdicts if verdict.reason == reason)


def main() -> int:
    """Print what came of the files; return 1 when anything is wrong with them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--expectations", action="store_true", help="compare with what the files say of themselves")
    options = parser.parse_args()
    paths = files_below(options.folders)
    outcomes = [read_file(path) for path in paths]
    print("\n".join(report(outcomes)))
    if options.expectations:
        print("\n".join(report_verdicts([verdict for path in paths for verdict in judge(path)])))
    return int(any(outcome.trouble for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
