import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from loopback import Answer, Loopback, Request, item, rss, serving
from watching import ENVIRONMENT, Watching
from week_check import Reader, ledger_faults, states_of
from week_watch import Plan, set_hour

from pipeline.commit import recover
from pipeline.output import Output
from pipeline.signals import interruptible

INTERRUPTED = "communique: interrupted; the tables are as they were\n"
ENDS = [(signal.SIGTERM, 0, ""), (signal.SIGINT, 130, INTERRUPTED)]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        server.routes["/feed"] = Answer(rss(*(item(number) for number in range(200))))
        yield server


def faults_of(output: Path) -> list[str]:
    """Return what is wrong with an output after the next start."""
    reader = Reader(output)
    reader.look()
    with Output(output).locked():
        recover(Output(output))
    reader.look()
    return reader.faults + ledger_faults(output)


@pytest.mark.parametrize(
    ("step", "nth", "kind", "is_committed"),
    [
        ("pipeline.run:load_model", 1, signal.SIGINT, False),
        ("transforms.tag:find_events", 150, signal.SIGTERM, False),
        ("pipeline.commit:merge_table", 2, signal.SIGINT, False),
        ("pipeline.commit:_place", 2, signal.SIGTERM, True),
        ("pipeline.commit:take_over", 1, signal.SIGINT, True),
    ],
)
def test_a_signal_ends_a_watch_before_the_commit_or_behind_it(
    server: Loopback, tmp_path: Path, step: str, nth: int, kind: signal.Signals, is_committed: bool
) -> None:
    output = tmp_path / "out"
    plan = Plan(
        str(output), str(tmp_path), (f"{server.url}/feed",), hours=3, tagger="both", step=step, nth=nth, kind=kind
    )
    set_hour(plan.clock, 0)
    command = [sys.executable, str(Path(__file__).with_name("week_watch.py")), str(plan.write())]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
    assert (kind, done.returncode, done.stderr) in ENDS
    assert len(done.stdout.splitlines()) == is_committed
    assert not list((output / "staging").iterdir())
    assert faults_of(output) == []
    assert len(states_of(output)) == is_committed


def test_ctrl_c_ends_a_watch_that_waits_for_a_server(server: Loopback, tmp_path: Path) -> None:
    def hang(_: Request) -> Answer:
        time.sleep(20)
        return Answer(rss())

    server.routes["/feed"] = hang
    with Watching(tmp_path / "out", "--feed", f"{server.url}/feed") as watching:
        while not server.seen:
            time.sleep(0.05)
        status, seconds, errors = watching.end(signal.SIGINT)
        assert (status, errors) == (130, INTERRUPTED)
        assert seconds < 10


def test_sigterm_ends_a_watch_that_sleeps(server: Loopback, tmp_path: Path) -> None:
    with Watching(tmp_path / "out", "--feed", f"{server.url}/feed", "--every", "1h") as watching:
        assert watching.line()["articles_new"] == 200
        status, seconds, errors = watching.end(signal.SIGTERM)
        assert (status, errors) == (0, "")
        assert seconds < 10
        assert faults_of(tmp_path / "out") == []


@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.6])
def test_ctrl_c_while_modules_are_imported_says_one_line(tmp_path: Path, seconds: float) -> None:
    with Watching(tmp_path / "out", "--feed", "http://127.0.0.1:2/") as watching:
        time.sleep(seconds)
        status, _, errors = watching.end(signal.SIGINT)
        assert (status, errors) == (130, INTERRUPTED)


@pytest.mark.parametrize(
    ("kind", "sigterm_fails", "is_error"),
    [
        (signal.SIGINT, True, True),
        (signal.SIGTERM, True, True),
        (signal.SIGINT, False, True),
        (signal.SIGTERM, False, False),
    ],
)
def test_an_interrupt_that_was_wrapped_is_still_one(kind: signal.Signals, sigterm_fails: bool, is_error: bool) -> None:
    def work() -> None:
        try:
            os.kill(os.getpid(), kind)
        except KeyboardInterrupt as error:
            raise RuntimeError("a bundle failed") from error

    with pytest.raises(KeyboardInterrupt) if is_error else nullcontext(), interruptible(sigterm_fails=sigterm_fails):
        work()
