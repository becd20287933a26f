"""A watch in a process of its own for which a cycle takes an hour; it can send itself a signal at a step.

Run as ``python week_watch.py PLAN``, the path of a Plan as JSON. Nothing but time is made up: the hour stands in a
file, and goes on when a cycle is over.
"""

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from week import START, at

from pipeline.__main__ import entry
from pipeline.log import set_up_logging
from pipeline.output import Output

_OPTIONS = ("--every=1h", "--host-pause=0", "--allow-private-addresses")
# The steps that are noted down, and how often each is taken in a cycle, at most.
STEPS = {
    "pipeline.poll:Poller._poll_feed": 50,
    "transforms.stage:write_shard": 2,
    "pipeline.run:staged_flaws": 1,
    "pipeline.commit:decide": 1,
    "pipeline.commit:merge_table": 3,
    "pipeline.commit:write_record": 2,
    "pipeline.commit:_place": 3,
    "pipeline.commit:take_over": 1,
    "pipeline.commit:_sweep": 1,
    "pipeline.commit:discard": 1,
    "pipeline.run:take_over_states": 1,
    "pipeline.run:discard": 1,
}
COMPACTING = {
    "pipeline.compact:_merge": 3,
    "pipeline.compact:_archive": 1,
    "pipeline.compact:put": 1,
    "pipeline.compact:discard": 1,
}


@dataclass(frozen=True)
class Plan:
    """What to watch, for how many hours. ``kind`` is the signal that comes when ``step`` is taken the ``nth`` time."""

    output: str
    folder: str
    feeds: tuple[str, ...]
    hours: int
    fetch_seconds: float = 10  # long enough for a busy machine
    compact: bool = False
    tagger: str = "rules"
    step: str | None = None
    nth: int = 1
    kind: int = signal.SIGKILL

    @property
    def clock(self) -> Path:
        """Return the file that holds the hour."""
        return Path(self.folder, "hour")

    @property
    def at_work(self) -> Path:
        """Return the file that holds the step that is being taken."""
        return Path(self.folder, "step")

    def write(self) -> Path:
        """Write the plan down; return where."""
        path = Path(self.folder, "plan.json")
        path.write_text(json.dumps(asdict(self)))
        return path


def hour_in(path: Path) -> int:
    """Return the hour that a file holds."""
    return int(path.read_text())


def set_hour(path: Path, hour: int) -> None:
    """Write an hour so that nobody sees half of it."""
    draft = path.with_suffix(".draft")
    draft.write_text(str(hour))
    os.replace(draft, path)


class Clock:
    """The time of a plan; it ends the process when the time is over."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._seconds = hour_in(plan.clock) * 3600.0
        self._is_new = True

    def now(self) -> datetime:
        """Return the time."""
        return START + timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        """Return the time as a number. A cycle that was committed before the process was killed is not repeated."""
        if self._is_new:
            self._is_new = False
            if _was_done(Path(self._plan.output), at(hour_in(self._plan.clock))):
                self.sleep(3600)
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Let time go on."""
        self._seconds += seconds
        hour = int(self._seconds // 3600)
        if hour > hour_in(self._plan.clock):
            set_hour(self._plan.clock, hour)
        if hour >= self._plan.hours:
            os._exit(0)


def _was_done(output: Path, hour: datetime) -> bool:
    from transforms.feed_state import load_feeds
    from transforms.ledger import open_ledger

    with closing(open_ledger(Output(output).ledger)) as ledger:
        return any(state.checked_at == hour for state in load_feeds(ledger).values())


def note_steps(plan: Plan) -> None:
    """Have each step write down its name when it begins and ends, and send the signal where the plan says so."""
    file = os.open(plan.at_work, os.O_WRONLY | os.O_CREAT)
    passed = 0

    def noted(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*arguments: Any, **options: Any) -> Any:
            nonlocal passed
            os.pwrite(file, name.ljust(60).encode(), 0)
            if name == plan.step:
                passed += 1
                if passed == plan.nth:
                    os.kill(os.getpid(), plan.kind)
            result = step(*arguments, **options)
            os.pwrite(file, f"after {name}".ljust(60).encode(), 0)
            return result

        return take

    for place in {*STEPS, *COMPACTING, *filter(None, [plan.step])}:
        module, _, path = place.partition(":")
        owner: Any = importlib.import_module(module)
        *parents, name = path.split(".")
        for parent in parents:
            owner = getattr(owner, parent)
        setattr(owner, name, noted(place, getattr(owner, name)))


def main() -> None:
    """Watch until the hours are over, as the command does."""
    described = json.loads(Path(sys.argv[1]).read_text())
    plan = Plan(**{**described, "feeds": tuple(described["feeds"])})
    set_up_logging("text", verbose=False)  # before Beam is imported, which warns of parts that are not installed
    import pipeline.watch

    note_steps(plan)
    clock = Clock(plan)
    compact = pipeline.watch.compact
    pipeline.watch.compact = lambda output, before: compact(output)  # commits are dated by the real clock
    pipeline.watch.watch = partial(pipeline.watch.watch, clock=clock.now, sleep=clock.sleep, monotonic=clock.seconds)
    sys.argv[1:] = ["watch", "--output", plan.output, *(f"--feed={feed}" for feed in plan.feeds), *_OPTIONS]
    sys.argv += [f"--fetch-seconds={plan.fetch_seconds}", f"--tagger={plan.tagger}"]
    sys.argv += ["--compact"] if plan.compact else []
    entry()


if __name__ == "__main__":
    main()
