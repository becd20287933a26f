"""Runs into a disk that fills up or turns read-only, at every moment of a run."""

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import made
import pyarrow.parquet as pq
import pytest
from loopback import Answer, item, rss, serving

import pipeline.commit
import pipeline.run
import transforms.stage
from pipeline.__main__ import main
from schemas.tables import TABLES

PAGE = 4096
CLOCKS = {"run_id", "fetched_at", "rejected_at"}
MOMENTS = {
    "staging": (transforms.stage, "write_shard"),
    "merging": (pipeline.commit, "merge_table"),
    "recording": (pipeline.run, "commit"),
    "placing": (pipeline.commit, "roll_forward"),
    "committing": (pipeline.commit, "take_over"),
}
AS_THEY_WERE = "the tables are as they were"
BEGUN = "the commit has begun and the next run finishes it"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def mount(*arguments: object) -> None:
    try:
        done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, timeout=20)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"not allowed to mount: {done.stderr.strip()}")


def unmount(folder: Path) -> None:
    """Take the mount off its path at once, though a reader may not have let go of its last file yet."""
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=20)


@pytest.fixture
def disk() -> Iterator[Path]:
    """Yield a small disk of its own, not below pytest's folders, whose cleaning a mount that was left would stop."""
    folder = Path(tempfile.mkdtemp(prefix="communique-disk-"))
    try:
        mount("-t", "tmpfs", "-o", "size=8m", "communique-test", folder)
        yield folder
    finally:
        while folder.is_mount():
            unmount(folder)
        folder.rmdir()


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two inputs of a few articles each; the second has rejects and a month of its own."""
    folder = tmp_path_factory.mktemp("news")
    for name, months in (("first", (1, 2)), ("second", (2, 3, 4))):
        articles = [
            {"id": f"{name}-{month}-{n}", "published": f"2025-{month:02d}-0{n + 1}", "title": f"Report {n}"}
            | {"text": f"Estmark rejected offer {n}. At least {n + 2} people were killed in Port Selim on Monday."}
            for month in months
            for n in range(5)
        ]
        lines = [json.dumps(article) for article in articles] + [f'{{"broken": "{name}']
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    return folder / "first.jsonl", folder / "second.jsonl"


@pytest.fixture(scope="module")
def undisturbed(news: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list]]:
    """Return the tables after the first run and after both, on a disk with space."""
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    states = []
    for path in news:
        assert run(path, output) == 0
        states.append(tables(output))
    return states


def run(path: Path, output: Path, *more: str) -> int:
    return main(["run", "--input", str(path), "--output", str(output), "--tagger", "rules", "--json", *more])


def tables(output: Path) -> dict[str, list]:
    """Return the rows of all tables; every file in them is complete, and DuckDB sees the same rows."""
    found = {}
    for table, schema in TABLES.items():
        files = [path for path in (output / table).rglob("*") if path.is_file()]
        assert all(path.suffix == ".parquet" and pq.read_schema(path).equals(schema) for path in files)
        rows = made.rows(output, table)
        ((seen,),) = duckdb.sql(f"SELECT count(*) FROM read_parquet('{output / table}/**/*.parquet')").fetchall()
        assert seen == len(rows)
        plain = [{key: value for key, value in row.items() if key not in CLOCKS} for row in rows]
        found[table] = sorted(plain, key=lambda row: row[schema.names[0]])
    return found


def fill(folder: Path) -> None:
    """Leave not a byte of space."""
    with open(folder / "filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(PAGE))
        except OSError:
            return


def just_before(monkeypatch: pytest.MonkeyPatch, moment: str, strike: Callable[[], None]) -> None:
    """Let something happen before the first call of the function that a moment of the run begins with."""
    module, name = MOMENTS[moment]
    original, struck = getattr(module, name), []

    def struck_before(*arguments, **keywords):
        if not struck:
            struck.append(strike())
        return original(*arguments, **keywords)

    monkeypatch.setattr(module, name, struck_before)


@pytest.mark.parametrize(
    ("moment", "state"),
    [("staging", AS_THEY_WERE), ("merging", AS_THEY_WERE), ("recording", AS_THEY_WERE), ("committing", BEGUN)],
)
def test_a_disk_that_fills_up_costs_nothing(disk, news, undisturbed, monkeypatch, capfd, moment, state):
    output = disk / "out"
    assert run(news[0], output) == 0
    capfd.readouterr()
    with monkeypatch.context() as patched:
        just_before(patched, moment, lambda: fill(disk))
        assert run(news[1], output) == 1
    error = f"communique: {output}: No space left on device; {state}; free some space and run again\n"
    assert capfd.readouterr() == ("", error)
    assert tables(output) == undisturbed[state == BEGUN]
    (disk / "filler").unlink()
    assert run(news[1], output) == 0
    assert tables(output) == undisturbed[1]
    assert list((output / "staging").iterdir()) == []
    assert not list((output / "runs").glob(".*"))


def test_a_disk_of_any_size_keeps_the_tables_whole(disk, news, undisturbed, capfd):
    output = disk / "out"
    assert run(news[0], output) == 0
    size, statuses = used(disk), []
    while 0 not in statuses:
        size += 4 * PAGE
        mount("-o", f"remount,size={size}", disk)
        capfd.readouterr()
        statuses.append(run(news[1], output))
        if statuses[-1]:
            error = capfd.readouterr().err
            assert error.startswith(f"communique: {output}: No space left on device; ")
            assert error.count("\n") == 1
            assert AS_THEY_WERE in error or BEGUN in error, error
            assert tables(output) == undisturbed[BEGUN in error], error
    assert set(statuses) == {0, 1}
    assert len(statuses) > 10
    assert tables(output) == undisturbed[1]


def test_a_compaction_that_finds_no_space_changes_nothing(disk, news, undisturbed, capfd):
    output = disk / "out"
    assert [run(path, output) for path in news] == [0, 0]
    size, statuses = used(disk), []
    while 0 not in statuses:
        size += 4 * PAGE
        mount("-o", f"remount,size={size}", disk)
        capfd.readouterr()
        statuses.append(main(["compact", "--output", str(output), "--json"]))
        error = capfd.readouterr().err
        assert not statuses[-1] or error.startswith(f"communique: {output}: No space left on device; ")
        if BEGUN not in error:  # from then on a glob may find rows in the old file and in the new one
            assert tables(output) == undisturbed[1]
    assert set(statuses) == {0, 1}
    assert list((output / "staging").iterdir()) == []


def used(folder: Path) -> int:
    return shutil.disk_usage(folder).used


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("staging", AS_THEY_WERE),
        ("merging", AS_THEY_WERE),
        ("recording", AS_THEY_WERE),
        ("placing", BEGUN),
        ("committing", BEGUN),
    ],
)
def test_an_output_that_turns_read_only_costs_nothing(disk, news, undisturbed, monkeypatch, capfd, moment, state):
    output = disk / "out"
    assert run(news[0], output) == 0
    capfd.readouterr()

    def turn_read_only() -> None:
        # A second mount over the first: the lock that is open for writing holds the first one writable.
        mount("--bind", disk, disk)
        mount("-o", "remount,bind,ro", disk)

    with monkeypatch.context() as patched:
        just_before(patched, moment, turn_read_only)
        assert run(news[1], output) == 1
    stdout, stderr = capfd.readouterr()
    assert (stdout, stderr.count("\n")) == ("", 1)
    assert stderr.startswith(f"communique: {output}: ")
    assert stderr.endswith(f"; {state}; make it writable and run again\n")
    assert tables(output) == undisturbed[moment == "committing"]
    assert run(news[1], output) == 1
    assert "cannot write here (Read-only file system)" in capfd.readouterr().err
    unmount(disk)
    assert run(news[1], output) == 0
    assert tables(output) == undisturbed[1]
    assert list((output / "staging").iterdir()) == []


def test_a_lost_ledger_is_made_anew_as_a_whole_or_not_at_all(disk, news, undisturbed, capfd):
    output = disk / "out"
    assert run(news[0], output) == 0
    (output / "state" / "ledger.sqlite").unlink()
    size, statuses = used(disk), []
    while 0 not in statuses:
        size += 4 * PAGE
        mount("-o", f"remount,size={size}", disk)
        capfd.readouterr()
        statuses.append(run(news[0], output))
        assert tables(output) == undisturbed[0]
    assert set(statuses) == {0, 1}
    assert json.loads(capfd.readouterr().out)["articles_unchanged"] == 10


def test_a_feed_that_finds_no_space_is_not_the_servers_fault(disk, news, capfd):
    output = disk / "out"
    assert run(news[0], output) == 0
    mount("-o", f"remount,size={used(disk) + 50 * PAGE}", disk)
    with serving() as server:
        server.routes["/feed"] = Answer(rss(item(1)) + b"<!--" + bytes(200 * PAGE) + b"-->")
        poll = ["run", "--feed", f"{server.url}/feed", "--allow-private-addresses", "--output", str(output), "--json"]
        capfd.readouterr()
        assert main(poll) == 1
        error = f"communique: {output}: No space left on device; {AS_THEY_WERE}; free some space and run again\n"
        assert capfd.readouterr() == ("", error)
        server.routes["/feed"] = Answer(rss(item(1)))
        mount("-o", "remount,size=8m", disk)
        assert main(poll) == 0
        assert json.loads(capfd.readouterr().out)["articles_new"] == 1


def test_a_dry_run_knows_what_a_read_only_output_holds(disk, news, capfd):
    output = disk / "out"
    assert run(news[0], output) == 0
    mount("-o", "remount,ro", disk)
    capfd.readouterr()
    assert run(news[0], output, "--dry-run") == 0
    assert json.loads(capfd.readouterr().out)["articles_unchanged"] == 10


def test_a_folder_without_permission_costs_nothing(tmp_path, news, undisturbed):
    output = tmp_path / "out"
    assert run(news[0], output) == 0
    refused = subprocess.run(
        [*as_mortal(), sys.executable, "-c", _FORBIDDEN, str(Path(__file__).parent), str(output), str(news[1])],
        capture_output=True,
        text=True,
        timeout=100,
    )
    error = f"communique: {output}: Permission denied; {AS_THEY_WERE}; make it writable and run again\n"
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.endswith(error)
    assert tables(output) == undisturbed[0]
    for folder, _, _ in os.walk(output):
        os.chmod(folder, 0o755)
    assert run(news[1], output) == 0
    assert tables(output) == undisturbed[1]


# Takes all permissions to write away once the run has staged its rows.
_FORBIDDEN = """
import os, sys
sys.path.insert(0, sys.argv[1])
import test_disk as module
from pipeline.__main__ import main
from pytest import MonkeyPatch
def forbid():
    for folder, _, _ in os.walk(sys.argv[2], topdown=False):
        os.chmod(folder, 0o555)
with MonkeyPatch.context() as patched:
    module.just_before(patched, "merging", forbid)
    sys.exit(module.run(module.Path(sys.argv[3]), module.Path(sys.argv[2])))
"""


def as_mortal() -> list[str]:
    """Return what starts a command without root's right to write anywhere."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root may write anywhere, and there is no setpriv to give that up")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


def test_a_summary_that_cannot_be_written_is_no_failed_run(tmp_path, news, undisturbed):
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    output = tmp_path / "out"
    command = [sys.executable, "-m", "pipeline", "--input", str(news[0]), "--output", str(output), "--tagger", "rules"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=100)
    error = "communique: the run is done, but its summary cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, error)
    assert tables(output) == undisturbed[0]
