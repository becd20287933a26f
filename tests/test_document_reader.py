import os
import signal
import socket
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen, run

import pytest

import transforms.document_reader as document_reader
from transforms.document_reader import DocumentReader
from transforms.draft import Draft, Feed, Flaw
from transforms.feeds import read_feed

needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="looks at processes by /proc")
LARGE = 2**20


def rss(title: str = "Talks", source: str = "Wire", more: str = "") -> bytes:
    head = f"<rss version='2.0'><channel><title>{source}</title>"
    return f"{head}<item><title>{title}</title>{more}</item></channel></rss>".encode()


TOO_LARGE = rss(source="w" * 100_000, more="</item><item>" * 9_000)  # each entry repeats the name of the source
TOO_LONG = rss(more="".join(f"<n{n}:a xmlns:n{n}='{n}'>x</n{n}:a>" for n in range(60_000)))  # looks at each for each


@pytest.fixture
def reader() -> Iterator[DocumentReader]:
    reader = DocumentReader()
    yield reader
    reader.close()


def astray(code: str, seconds: float = 30) -> DocumentReader:
    """Return a reader whose child says that it is ready and then does something else."""
    start = "import os, sys, time\nout = sys.stdout.buffer\nout.write(bytes(4))\nout.flush()\n"
    return DocumentReader(seconds=seconds, command=[sys.executable, "-c", start + code])


def pid(reader: DocumentReader) -> int:
    assert reader._idle is not None
    return reader._idle._process.pid


def titles(feed: Feed) -> list[str | None]:
    return [record.title for record in feed.records if isinstance(record, Draft)]


def flaw(feed: Feed) -> str:
    (found,) = feed.records
    assert isinstance(found, Flaw)
    assert found.reason == "too_costly"
    return found.detail


def is_gone(process: int, *, orphan: bool = False) -> bool:
    """Tell whether a process ends within half a minute. One of ours has to be waited for, an orphan may be a zombie."""
    for _ in range(300):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{process}/stat")
        if orphan and state.exists() and ") Z " in state.read_text():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    "data", [rss(), rss("Größe"), b"", b"Talks", b"<rss/>", b"<rss><item>", b"{", rss(more="<guid>7</guid>") * 2]
)
def test_it_reads_as_read_feed_does(reader: DocumentReader, data: bytes) -> None:
    assert reader.read(data) == read_feed(data)
    where = {"address": "https://norvania.example/feed", "charset": "iso-8859-1"}
    assert reader.read(data, **where) == read_feed(data, **where)


def test_one_child_reads_many_feeds(reader: DocumentReader) -> None:
    assert titles(reader.read(rss("1"))) == ["1"]
    first = pid(reader)
    assert [titles(reader.read(rss(str(number)))) for number in range(50)] == [[str(number)] for number in range(50)]
    assert pid(reader) == first
    reader.close()
    assert is_gone(first)


def test_a_large_feed_gets_a_child_of_its_own_end(reader: DocumentReader) -> None:
    reader.read(rss())
    first = pid(reader)
    assert titles(reader.read(rss(more=f"<!--{'x' * LARGE}-->"))) == ["Talks"]
    assert is_gone(first)
    assert titles(reader.read(rss("next"))) == ["next"]


def test_a_child_that_was_killed_between_feeds_costs_nothing(reader: DocumentReader) -> None:
    reader.read(rss())
    first = pid(reader)
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert titles(reader.read(rss("next"))) == ["next"]
    assert is_gone(first)


def test_a_feed_that_takes_too_much_memory_costs_itself_only(reader: DocumentReader) -> None:
    reader.read(rss())
    first = pid(reader)
    assert flaw(reader.read(TOO_LARGE)) == "it took more than 300 MB"
    assert titles(reader.read(rss("next"))) == ["next"]
    assert is_gone(first)


def test_a_feed_that_takes_too_long_costs_itself_only(reader: DocumentReader) -> None:
    assert flaw(reader.read(TOO_LONG)) == "it took more than 4 seconds"
    assert titles(reader.read(rss("next"))) == ["next"]


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("os.kill(os.getpid(), 9)", "the process ended with status -9"),
        ("os._exit(7)", "the process ended with status 7"),
        ("out.write(bytes([0, 0, 1, 0]) + b'half'); out.flush(); os._exit(0)", "the process ended with status 0"),
        ("os.close(1); time.sleep(60)", "the process hung up"),
        ("out.write(bytes([0, 0, 0, 2]) + b'no'); out.flush(); time.sleep(60)", "the answer cannot be read: JSONDec"),
        ("out.write(bytes([0, 0, 0, 2]) + b'{}'); out.flush(); time.sleep(60)", "the answer cannot be read: KeyErr"),
        ("out.write(bytes([0, 0, 0, 2]) + b'[]'); out.flush(); time.sleep(60)", "the answer cannot be read: TypeErr"),
        (
            "out.write(bytes([0, 3, 0, 0]) + b'[' * 196608); out.flush(); time.sleep(60)",
            "the answer cannot be read: Rec",
        ),
        ("out.write(b'print')\nout.flush(); time.sleep(60)", "the answer cannot be read: ValueError: it has"),
    ],
)
def test_a_child_that_goes_astray_is_one_flaw(code: str, detail: str) -> None:
    reader = astray(f"sys.stdin.buffer.read(8)\n{code}")
    assert flaw(reader.read(rss())).startswith(detail)
    assert reader._idle is None


@pytest.mark.parametrize("data", [rss(), rss(more="x" * LARGE)], ids=["request fits a pipe", "request does not"])
def test_a_child_that_hangs_is_ended(data: bytes) -> None:
    reader = astray("time.sleep(60)", seconds=0.3)
    started = time.monotonic()
    assert flaw(reader.read(data)) == "there was no answer within 0.3 seconds"
    assert time.monotonic() - started < 30  # it would have slept for 60
    assert reader._idle is None


def test_a_child_that_does_not_start_is_an_error() -> None:
    reader = DocumentReader(command=[sys.executable, "-c", "pass"])
    with pytest.raises(ChildProcessError, match="does not start"):
        reader.read(rss())


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_question_leaves_no_answer_for_the_next(reader: DocumentReader) -> None:
    reader.read(rss())
    first = pid(reader)
    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            reader.read(TOO_LONG)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert is_gone(first)
    assert titles(reader.read(rss("next"))) == ["next"]


@needs_proc
def test_memory_stays_flat_over_many_feeds(reader: DocumentReader) -> None:
    feeds = [
        rss(str(number), more=f"<description>{'word ' * (number % 50) * 100}</description>") for number in range(500)
    ]
    sizes = []
    for data in feeds:
        reader.read(data)
        sizes.append(int(Path(f"/proc/{pid(reader)}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    assert sizes[-1] - sizes[99] < 5e6


def test_threads_share_a_child(reader: DocumentReader) -> None:
    found: dict[int, list[list[str | None]]] = {}

    def work(number: int) -> None:
        found[number] = [titles(reader.read(rss(f"{number} {turn}"))) for turn in range(20)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [[f"{number} {turn}"] for turn in range(20)] for number in range(8)}


@needs_proc
def test_the_child_has_no_other_files_of_the_parent(reader: DocumentReader, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, (tmp_path / "a").open("wb") as file:
        server.set_inheritable(True)
        os.set_inheritable(file.fileno(), True)
        reader.read(rss())
        open_files = [os.readlink(link) for link in Path(f"/proc/{pid(reader)}/fd").iterdir()]
    assert sorted({name.partition(":")[0] for name in open_files}) == [os.devnull, "pipe"]


def test_the_child_finds_its_modules_wherever_it_is(
    reader: DocumentReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("feedparser", "transforms", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert titles(reader.read(rss())) == ["Talks"]


def script(code: str) -> list[str]:
    imports = "import os, signal, sys, time\nfrom transforms.document_reader import _feeds, read_feed_apart"
    start = f"{imports}\nRSS = {rss()!r}\n"
    return [sys.executable, "-X", "dev", "-W", "error", "-c", start + textwrap.dedent(code)]


def test_the_child_ends_with_its_process_in_silence() -> None:
    # What is registered first runs last: no child is left then.
    last = "import atexit; atexit.register(lambda: print(sys.modules['transforms.document_reader']._feeds._idle))"
    *python, code = script("read_feed_apart(RSS); print(_feeds._idle._process.pid)")
    done = run([*python, f"import sys; {last}\n{code}"], capture_output=True, text=True, timeout=60)
    child, left = done.stdout.split()
    assert (done.returncode, done.stderr, left) == (0, "", "None")
    assert is_gone(int(child))


def test_an_interrupt_from_the_terminal_does_not_reach_the_child(reader: DocumentReader) -> None:
    reader.read(rss())
    assert os.getpgid(pid(reader)) == pid(reader)


@pytest.mark.parametrize("busy", [False, True])
def test_the_child_ends_when_its_process_is_killed(busy: bool) -> None:
    code = "print(_feeds._idle._process.pid, flush=True); data = sys.stdin.buffer.read(); read_feed_apart(data)"
    with Popen(script(f"read_feed_apart(RSS); {code}; time.sleep(60)"), stdin=PIPE, stdout=PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.stdin.write(TOO_LONG if busy else rss())
        process.stdin.close()
        time.sleep(0.5)
        process.kill()
    assert is_gone(child, orphan=True)


def test_an_interrupt_of_the_group_ends_in_silence() -> None:
    code = """
        read_feed_apart(RSS)
        try:
            print("ready", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            read_feed_apart(RSS)
            sys.exit(5)
    """
    with Popen(script(code), stdout=PIPE, stderr=PIPE, process_group=0) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (5, b"")


def test_a_fork_gets_a_child_of_its_own() -> None:
    code = """
        read_feed_apart(RSS)
        before = _feeds._idle._process.pid
        _feeds._lock.acquire()  # as if another thread were reading
        fork = os.fork()
        if not fork:
            read_feed_apart(RSS)
            other = _feeds._idle._process.pid
            _feeds.close()
            os._exit(other == before)
        _feeds._lock.release()
        assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 0
        read_feed_apart(RSS)
        assert _feeds._idle._process.pid == before
    """
    done = run(script(code), capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_thirty_thousand_entries_are_no_burden() -> None:
    data = rss(more="<link>https://norvania.example/1</link></item><item><title>Talks</title>" * 30_000)
    feed = document_reader.read_feed_apart(data)
    assert len(titles(feed)) == 10_000
    assert feed.records[-1] == Flaw(
        reason="too_many_entries", detail="there are about 30001, read were the first 10000"
    )
