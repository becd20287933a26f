import contextlib
import json
import multiprocessing
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import made
import pandas
import polars
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pipeline import compact as module
from pipeline.commit import put, recover
from pipeline.compact import Compacted, compact, run_compact
from pipeline.options import CompactOptions
from pipeline.output import Output
from pipeline.records import listed_files, read_records
from pipeline.signals import interruptible
from pipeline.sorting import merge_sorted, order_key, sorted_rows
from schemas.errors import UserError
from schemas.tables import PARTITIONINGS, TABLES
from transforms.stage import KEY


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / "out")


def compacted(output: Output, before: datetime | None = None) -> Compacted:
    with output.locked():
        recover(output)
        return compact(output, before=before)


def listed_rows(output: Output, table: str) -> list[dict]:
    files = [output.root / file.path for file in listed_files(output) if file.table == table]
    return [row for path in files for row in pq.read_table(path, partitioning=None).to_pylist()]


def contents(output: Output) -> dict[str, list[dict]]:
    """Return the rows of all tables in one order, after a look whether folders and records say the same."""
    on_disk = {path.relative_to(output.root).as_posix() for path in output.root.rglob("*.parquet")}
    assert on_disk == {file.path for file in listed_files(output)}
    return {table: in_order(listed_rows(output, table), table) for table in TABLES}


def in_order(rows: list[dict], table: str) -> list[dict]:
    return sorted(rows, key=lambda row: (row[TABLES[table].names[0]], row.get("revision", 0), row["run_id"]))


def ids(output: Output) -> list[tuple[str, str]]:
    return sorted((row["external_id"], row["run_id"]) for row in made.rows(output, "articles"))


def in_ledger(output: Output) -> tuple[list[tuple], list[tuple]]:
    with closing(sqlite3.connect(output.ledger)) as ledger:
        articles = "SELECT article_id, content_hash, revision, run_id FROM articles ORDER BY 1, 2"
        return ledger.execute(articles).fetchall(), ledger.execute("SELECT * FROM rejects ORDER BY 1").fetchall()


def agrees_with_ledger(output: Output) -> bool:
    columns = ("article_id", "content_hash", "revision", "run_id")
    articles = sorted(tuple(row[name] for name in columns) for row in listed_rows(output, "articles"))
    rejects = sorted((row["reject_id"], row["run_id"]) for row in listed_rows(output, "rejects"))
    return in_ledger(output) == (articles, rejects)


def three_runs(output: Output) -> None:
    for number, run_id in enumerate(("A", "B", "C")):
        numbers = range(number * 3, number * 3 + 3)
        dates = (made.APRIL, made.APRIL.replace(month=5), None)
        shard = [made.tagged(made.article(n, published_at=dates[n % 3])) for n in numbers]
        made.write_run(output, run_id, [*shard, made.reject(number)])


def random_items(chance: random.Random) -> list:
    """Return what a run may find: articles old, new and changed, dated and not, and rejects."""
    items = []
    for _ in range(chance.randrange(6)):
        number = chance.randrange(30)
        published_at = chance.choice([None, made.APRIL, made.APRIL - timedelta(days=chance.randrange(80))])
        text = f"Estmark rejected plan {number}, version {chance.randrange(3)}. No talks are scheduled."
        items.append(made.tagged(made.article(number, text=text, published_at=published_at)))
    return items + [made.reject(chance.randrange(20)) for _ in range(chance.randrange(3))]


def without_clock(contents: dict[str, list[dict]]) -> dict[str, list[dict]]:
    return {
        table: [{key: value for key, value in row.items() if key != "rejected_at"} for row in rows]
        for table, rows in contents.items()
    }


@pytest.mark.parametrize("seed", range(3))
def test_no_row_tells_that_there_were_compactions(output, tmp_path, monkeypatch, seed):
    chance = random.Random(seed)
    twin = Output(tmp_path / "never compacted")
    for _ in range(10):
        run_id, items = f"run-{chance.randrange(8)}", random_items(chance)
        for each in (output, twin):
            made.write_run(each, run_id, items)
        assert without_clock(contents(output)) == without_clock(contents(twin))
        monkeypatch.setattr(module, "SMALL_BYTES", chance.choice([16_000, 22_000, 64 << 20]))
        if chance.random() < 0.5:
            before = contents(output)
            compacted(output, chance.choice([None, datetime.now(UTC) - timedelta(seconds=0.5)]))
            assert contents(output) == before
            assert agrees_with_ledger(output)
    monkeypatch.setattr(module, "SMALL_BYTES", 64 << 20)
    compacted(output)
    assert without_clock(contents(output)) == without_clock(contents(twin))
    for table in TABLES:
        folders = [file.partition for file in listed_files(output) if file.table == table]
        assert len(folders) == len(set(folders))


@pytest.mark.parametrize("partition_by", PARTITIONINGS)
def test_four_readers_read_what_was_compacted(output, partition_by):
    for n in range(6):
        dates = (made.APRIL, made.APRIL - timedelta(days=n % 2 * 400), None)
        shard = [made.tagged(made.article(3 * n + place, published_at=date)) for place, date in enumerate(dates)]
        made.write_run(output, f"run-{n}", [*shard, made.reject(n)], partition_by=partition_by)
    before = contents(output)
    result = compacted(output)
    assert contents(output) == before
    assert read_records(output)[0].partition_by == partition_by
    partitions = 1 if partition_by == "none" else 3
    assert [each.files_after for each in result.tables] == [partitions, partitions, 1]
    for table, schema in TABLES.items():
        root, pattern = output.root / table, f"{output.root / table}/**/*.parquet"
        names, key = schema.names, schema.names[0]
        expected = sorted(row[key] for row in before[table])
        arrow = ds.dataset(root, partitioning="hive").to_table()
        duck = duckdb.sql(f"SELECT * FROM read_parquet('{pattern}', hive_partitioning = true)")
        assert sorted(arrow[key].to_pylist()) == expected
        assert sorted(pandas.read_parquet(root, partitioning=None)[key]) == expected
        assert sorted(polars.read_parquet(pattern, hive_partitioning=True)[key]) == expected
        assert in_order(duck.select(*names).to_arrow_table().to_pylist(), table) == before[table]


def test_compacted_files_are_as_a_run_writes_them(output):
    days = list(range(1, 29))
    random.Random(1).shuffle(days)
    for start in range(0, 28, 4):
        shard = [made.tagged(made.article(n, published_at=made.APRIL.replace(day=n))) for n in days[start : start + 4]]
        made.write_run(output, f"run-{start}", [*shard, *map(made.reject, range(start, start + 3))])
    compacted(output)
    for table, schema in TABLES.items():
        (path,) = (output.root / table).rglob("*.parquet")
        assert pq.read_schema(path).equals(schema, check_metadata=True)
        metadata = pq.read_metadata(path)
        assert (metadata.num_row_groups, metadata.row_group(0).column(0).compression) == (1, "ZSTD")
        rows = pq.read_table(path, partitioning=None).to_pylist()
        order = "position" if table == "rejects" else "published_at"
        assert [row[order] for row in rows] == sorted(row[order] for row in rows)


def test_the_order_is_that_of_a_single_run(output, tmp_path):
    early = datetime(1912, 4, 15, tzinfo=UTC)
    dates = (None, early, made.APRIL, made.APRIL + timedelta(microseconds=1))
    items = [made.tagged(made.article(n, published_at=dates[n % 4])) for n in range(24)]
    items += [made.reject(position, source_uri=uri) for position in (None, 2, 10) for uri in ("/a", "/a.b", "/a|b")]
    made.write_run(output, "one", items, partition_by="none")
    parts = Output(tmp_path / "parts")
    for n in range(5):
        made.write_run(parts, f"run-{n}", items[n::5], partition_by="none")
    compacted(parts)
    for table in TABLES:
        key = TABLES[table].names[0]
        assert [row[key] for row in made.rows(parts, table)] == [row[key] for row in made.rows(output, table)]


def test_events_stay_with_their_articles(output):
    three_runs(output)
    compacted(output)
    for row in made.rows(output, "articles"):
        folder = "articles/month=*" if row["published_at"] is None else f"articles/month={row['published_at']:%Y-%m}"
        (path,) = output.root.glob(folder.replace("*", "__HIVE*") + "/*.parquet")
        assert row["article_id"] in pq.read_table(path, partitioning=None)["article_id"].to_pylist()
        events = pq.read_table(str(path).replace("articles", "events").replace(path.name, ""), partitioning=None)
        assert row["event_count"] == events["article_id"].to_pylist().count(row["article_id"]) == 1


def test_one_file_in_a_partition_is_left_alone(output):
    made.write_run(output, "first", [made.tagged(made.article()), made.reject()])
    files = listed_files(output)
    assert compacted(output).compaction_id is None
    assert listed_files(output) == files
    assert [record.run_id for record in read_records(output)] == ["first"]


def test_the_command_merges_and_says_so(output, capsys):
    three_runs(output)
    assert run_compact(CompactOptions(output=output.root, json=True)) == 0
    line = json.loads(capsys.readouterr().out)
    assert [path.stem for path in output.runs.glob("*.json")] == [line["compaction_id"]]
    assert sum(table["files_after"] for table in line["tables"]) == len(listed_files(output)) == 7
    assert run_compact(CompactOptions(output=output.root)) == 0
    assert "articles             9 rows  files 3 -> 3" in capsys.readouterr().out


def test_the_command_makes_no_output_of_its_own(output):
    with pytest.raises(UserError, match="no tables"):
        run_compact(CompactOptions(output=output.root))
    assert not output.root.exists()


def test_a_second_compaction_has_nothing_to_do(output):
    three_runs(output)
    assert compacted(output).compaction_id
    assert compacted(output).compaction_id is None


def test_an_output_without_runs_has_nothing_to_compact(output):
    assert compacted(output) == Compacted(None, module.figures([], []))


def test_figures_are_those_of_the_files(output):
    three_runs(output)
    before = listed_files(output)
    result = compacted(output)
    for figures in result.tables:
        old = [file for file in before if file.table == figures.table]
        paths = list((output.root / figures.table).rglob("*.parquet"))
        assert (figures.files_before, figures.bytes_before) == (len(old), sum(file.size for file in old))
        assert (figures.files_after, figures.bytes_after) == (len(paths), sum(path.stat().st_size for path in paths))
        assert figures.rows == len(made.rows(output, figures.table))
    assert sum(figures.files_before for figures in result.tables) == 21
    assert sum(figures.files_after for figures in result.tables) == 7


def test_only_runs_before_a_moment_are_compacted(output):
    for n in range(2):
        made.write_run(output, f"old-{n}", [made.tagged(made.article(n)), made.reject(n)])
    moment = datetime.now(UTC)
    made.write_run(output, "new", [made.tagged(made.article(9))])
    assert compacted(output, moment).compaction_id
    assert [record.run_id[:7] for record in read_records(output)] == ["compact", "new"]
    assert len(list((output.root / "articles").rglob("*.parquet"))) == 2
    assert compacted(output, moment).compaction_id is None


def test_large_files_are_left_and_their_run_keeps_its_record(output, monkeypatch):
    noise = random.Random(2).randbytes(60_000).hex()
    large = made.tagged(made.article(1, text=f"Estmark rejected it. {noise}"))
    made.write_run(output, "A", [large, made.tagged(made.article(2, published_at=None)), made.reject(1)])
    made.write_run(output, "B", [made.tagged(made.article(3, published_at=None))])
    monkeypatch.setattr(module, "SMALL_BYTES", 50_000)
    before = contents(output)
    for n in range(4, 8):
        compacted(output)
        assert contents(output) == before
        made.write_run(output, f"run-{n}", [made.tagged(made.article(n, published_at=None))])
        before = contents(output)
    compacted(output)
    names = [record.run_id for record in read_records(output)]
    assert (names[0], len(names)) == ("A", 2)
    # Of what was replaced only that is remembered which the record of A still lists.
    undated = [file.path for file in read_records(output)[0].files if not file.dated]
    assert (len(undated), sorted(read_records(output)[1].replaces)) == (2, sorted(undated))


def test_empty_files_vanish_when_there_are_others(output):
    made.write_run(output, "A")
    made.write_run(output, "B", [made.tagged(made.article(1))])
    assert compacted(output).compaction_id
    rows = {file.table: file.rows for file in listed_files(output)}
    assert rows == {"articles": 1, "events": 1, "rejects": 0}
    assert made.rows(output, "rejects") == []


def test_undated_rows_alone_can_still_be_opened(output):
    for n in range(3):
        made.write_run(output, f"run-{n}", [made.tagged(made.article(n, published_at=None))])
    compacted(output)
    for table in TABLES:
        assert ds.dataset(output.root / table, partitioning="hive").to_table().schema.field("month").type == "string"


def test_folded_records_are_kept_in_one_file(output):
    three_runs(output)
    originals = [json.loads(output.record(name).read_text()) for name in "ABC"]
    first = compacted(output).compaction_id
    assert [path.name for path in output.runs.glob("*.json")] == [f"{first}.json"]
    assert [json.loads(line) for line in output.archive(first).read_text().splitlines()] == originals
    made.write_run(output, "D", [made.tagged(made.article(20)), made.tagged(made.article(21, published_at=None))])
    made.write_run(output, "E", [made.tagged(made.article(22, published_at=made.APRIL.replace(month=5)))])
    second = compacted(output).compaction_id
    names = [json.loads(line)["run_id"] for line in output.archive(second).read_text().splitlines()]
    assert names == ["D", "E"]
    assert [record.run_id for record in read_records(output)] == sorted([first, second])
    assert len(output.record(first).read_text().splitlines()) < 60


def test_records_of_idle_runs_are_folded_when_there_are_many(output, monkeypatch):
    monkeypatch.setattr(module, "_IDLE_RECORDS", 5)
    for n in range(5):
        made.write_run(output, f"run-{n}", [made.tagged(made.article(1))])
        assert compacted(output).compaction_id is None
    made.write_run(output, "run-9", [made.tagged(made.article(1))])
    before = contents(output)
    compacted(output)
    assert contents(output) == before
    assert [record.run_id[:6] for record in read_records(output)] == ["compac", "run-0"]


def test_a_repeated_run_replaces_its_rows_in_mixed_files(output):
    three_runs(output)
    others = {("est-0", "A"), ("est-1", "A"), ("est-2", "A"), ("est-6", "C"), ("est-7", "C"), ("est-8", "C")}
    compacted(output)
    made.write_run(output, "B", [made.tagged(made.article(4)), made.tagged(made.article(20))])
    assert set(ids(output)) == others | {("est-4", "B"), ("est-20", "B")}
    assert len(made.rows(output, "rejects")) == 2
    assert agrees_with_ledger(output)
    contents(output)
    made.write_run(output, "B", [made.tagged(made.article(5)), made.reject(1)])
    assert set(ids(output)) == others | {("est-5", "B")}
    assert agrees_with_ledger(output)
    before = contents(output)
    compacted(output)
    assert contents(output) == before
    made.write_run(output, "C")
    made.write_run(output, "A")
    assert ids(output) == [("est-5", "B")]
    assert agrees_with_ledger(output)
    made.write_run(output, "B")
    assert {table: len(rows) for table, rows in contents(output).items()} == {"articles": 0, "events": 0, "rejects": 0}
    assert in_ledger(output) == ([], [])


def test_two_repeated_runs_after_each_other_each_leave_the_rows_of_the_other(output):
    three_runs(output)
    compacted(output)
    for run_id, number in (("A", 20), ("B", 21), ("A", 22), ("C", 23), ("B", 24)):
        made.write_run(output, run_id, [made.tagged(made.article(number))])
        assert agrees_with_ledger(output)
        contents(output)
    assert ids(output) == [("est-22", "A"), ("est-23", "C"), ("est-24", "B")]


def test_a_lost_ledger_is_made_anew_from_compacted_tables(output):
    three_runs(output)
    compacted(output)
    before = in_ledger(output)
    for path in (output.root / "state").glob("ledger*"):
        path.unlink()
    with output.locked():
        recover(output)
    assert in_ledger(output) == before


def test_a_ledger_lost_in_the_middle_of_a_commit_knows_all_rows_again(output):
    three_runs(output)
    compacted(output)
    killed(doomed_repetition, output.root, "commit", "_place", 1)
    for path in (output.root / "state").glob("ledger*"):
        path.unlink()
    with output.locked():
        recover(output)
    assert {row for row in ids(output) if row[1] == "B"} == {(f"est-{n}", "B") for n in REPEATED}
    assert agrees_with_ledger(output)


def test_records_of_version_1_are_understood(output):
    three_runs(output)
    for path in output.runs.glob("*.json"):
        record = json.loads(path.read_text()) | {"record_version": 1}
        del record["committed_at"]
        record["files"] = [{key: file[key] for key in ("path", "rows", "size")} for file in record["files"]]
        path.write_text(json.dumps(record))
    before = contents(output)
    assert compacted(output, datetime(2000, 1, 1, tzinfo=UTC)).compaction_id
    assert contents(output) == before


def test_ctrl_c_waits_for_the_end_of_the_commit(output, monkeypatch):
    three_runs(output)

    def interrupted(*arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        put(*arguments)

    monkeypatch.setattr(module, "put", interrupted)
    with interruptible(), pytest.raises(KeyboardInterrupt):
        compacted(output)
    assert len(contents(output)["articles"]) == 9
    assert len(list(output.runs.glob("*"))) == len(["compact-*.json", "compacted/"])


# Each is a function of a module and the call of it after which the process kills itself.
COMPACTION_KILLS = [
    ("compact", "_merge", 1, False),
    ("compact", "_archive", 1, False),
    ("commit", "write_record", 1, True),
    ("commit", "_place", 1, True),
    ("commit", "_place", 6, True),
    ("commit", "_move", 8, True),
    ("commit", "write_record", 2, True),
    ("commit", "_sweep", 1, True),
]
REPETITION_KILLS = [
    ("repeat", "_without", 2, False),
    ("commit", "_merge_tables", 1, False),
    ("commit", "write_record", 1, True),
    ("commit", "_place", 1, True),
    ("commit", "_place", 9, True),
    ("commit", "take_over", 1, True),
    ("commit", "write_record", 2, True),
    ("commit", "write_record", 3, True),
    ("commit", "_sweep", 1, True),
]
REPEATED = [4, 5, 20]


def die_after(name: str, function: str, calls: int) -> None:
    target = import_module(f"pipeline.{name}")
    original = getattr(target, function)
    left = iter(range(calls, 0, -1))

    def fatal(*arguments: object, **keywords: object) -> object:
        result = original(*arguments, **keywords)
        if next(left) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(target, function, fatal)


def doomed_compaction(root: Path, *where: object) -> None:
    die_after(*where)
    compacted(Output(root))


def doomed_repetition(root: Path, *where: object) -> None:
    die_after(*where)
    made.write_run(Output(root), "B", [made.tagged(made.article(n)) for n in REPEATED])


def killed(target: object, *arguments: object) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["made", "pipeline.compact"])
    process = context.Process(target=target, args=arguments)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(("name", "function", "calls", "lands"), COMPACTION_KILLS)
def test_a_killed_compaction_changes_no_row(output, name, function, calls, lands):
    three_runs(output)
    before = contents(output)
    killed(doomed_compaction, output.root, name, function, calls)
    assert {table: in_order(listed_rows(output, table), table) for table in TABLES} == before
    with output.locked():
        recover(output)
    assert contents(output) == before
    assert [len(list(output.runs.glob(pattern))) for pattern in (".*", "compact-*")] == [0, int(lands)]
    assert list((output.root / "staging").iterdir()) == []
    assert (compacted(output).compaction_id is None) == lands
    assert contents(output) == before


@pytest.mark.parametrize(("name", "function", "calls", "lands"), REPETITION_KILLS)
def test_a_repetition_killed_after_a_compaction_is_absent_or_complete(output, name, function, calls, lands):
    three_runs(output)
    compacted(output)
    made.write_run(output, "B", [made.tagged(made.article(4))])
    compacted(output)
    old = ids(output)
    new = sorted([row for row in old if row[1] != "B"] + [(f"est-{n}", "B") for n in REPEATED])
    killed(doomed_repetition, output.root, name, function, calls)
    visible = sorted((row["external_id"], row["run_id"]) for row in listed_rows(output, "articles"))
    assert visible in (old, new)
    with output.locked():
        recover(output)
    contents(output)
    assert ids(output) == (new if lands else old)
    assert agrees_with_ledger(output)
    doing_it_again = made.write_run(output, "B", [made.tagged(made.article(n)) for n in REPEATED])
    assert doing_it_again["articles_new"] == len(REPEATED)
    assert ids(output) == new
    assert agrees_with_ledger(output)


def documented_reader() -> Callable[[Path, str], pa.Table]:
    page = (Path(__file__).parent.parent / "docs" / "operating.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^print", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    reader: Callable[[Path, str], pa.Table] = names["read"]
    return reader


def test_readers_that_list_see_every_row_once_during_compactions_and_repetitions(output):
    made.write_run(output, "steady", [made.tagged(made.article(n)) for n in range(100, 110)])
    documented, done = documented_reader(), threading.Event()
    seen: list[list[int]] = []

    def by_records() -> list[str]:
        while True:
            with contextlib.suppress(FileNotFoundError):
                return [row["external_id"] for row in listed_rows(output, "articles")]

    def by_the_book() -> list[str]:
        return documented(output.root, "articles")["external_id"].to_pylist()

    def look(read: Callable[[], list[str]]) -> None:
        while not done.is_set():
            seen.append(sorted(int(external_id[4:]) for external_id in read()))
            done.wait(0.01)

    readers = [threading.Thread(target=look, args=[read]) for read in (by_records, by_the_book)]
    for reader in readers:
        reader.start()
    try:
        for n in range(30):
            made.write_run(output, f"run-{n}", [made.tagged(made.article(n))])
            if n % 5 == 4:
                made.write_run(output, f"run-{n - 1}", [made.tagged(made.article(n - 1))])
            assert compacted(output).compaction_id
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert all(numbers == [*range(len(numbers) - 10), *range(100, 110)] for numbers in seen)
    assert len(seen) > 60
    assert len({len(numbers) for numbers in seen}) > 10


def test_sorted_streams_are_merged_without_waiting_for_their_ends():
    def stream(*pieces: str):
        for piece in pieces:
            yield pa.table({KEY: list(piece)})

    merged = [rows[KEY].to_pylist() for rows in merge_sorted([stream("ac", "eg"), stream("b"), stream("dd", "f")])]
    assert merged == [["a", "b"], ["c"], ["d", "d"], ["e", "f"], ["g"]]


def test_chunks_and_pieces_of_any_size_give_the_same_rows(output, tmp_path, monkeypatch):
    for n in range(5):
        shard = [made.tagged(made.article(n + 5 * i, published_at=made.APRIL.replace(day=1 + i))) for i in range(9)]
        made.write_run(output, f"run-{n}", shard)
    for table in ("articles", "events"):
        paths = [output.root / file.path for file in listed_files(output) if file.table == table]
        whole = pa.concat_tables(sorted_rows(paths, table, tmp_path / "scratch"))
        monkeypatch.setattr("pipeline.sorting.CHUNK_BYTES", 3_000)
        monkeypatch.setattr("pipeline.sorting._PIECE_BYTES", 500)
        monkeypatch.setattr("pipeline.merge._BATCH_ROWS", 2)
        assert pa.concat_tables(sorted_rows(paths, table, tmp_path / "scratch")).equals(whole)
        key = order_key(whole, table).to_pylist()
        assert key == sorted(key)
        monkeypatch.undo()


_COMPACT_MANY = """
import sys
sys.path.insert(0, sys.argv[1])
import made, pyarrow as pa, pyarrow.parquet as pq, random
from pathlib import Path
from pipeline import merge, sorting
from pipeline.output import Output
from pipeline.records import listed_files
from schemas.tables import TABLES

files, rows = 200, 60
output = Output(Path(sys.argv[2]))
made.write_run(output, "first", [made.tagged(made.article(1))])
chance = random.Random(1)
row = made.rows(output, "articles")[0]
paths = []
for number in range(files):
    data = [
        row | {"article_id": f"{chance.randrange(10**9):024}", "text": chance.randbytes(1500).hex()}
        for _ in range(rows)
    ]
    paths.append(output.root / f"{number}.parquet")
    pq.write_table(pa.Table.from_pylist(data, TABLES["articles"]), paths[-1])
del data
sorting.CHUNK_BYTES = merge.RANGE_BYTES = 4 << 20
sorting._PIECE_BYTES = 64 << 10
total = 0
last = ""
for rows in merge.gather(sorting.sorted_rows(paths, "articles", output.root / "scratch"), merge.RANGE_BYTES):
    total += rows.num_rows
    assert last <= rows["article_id"][0].as_py()
    last = rows["article_id"][-1].as_py()
print(total, sum(path.stat().st_size for path in paths), pa.default_memory_pool().max_memory())
"""


def test_memory_does_not_grow_with_the_number_of_files(output):
    tests = str(Path(__file__).parent)
    command = [sys.executable, "-c", _COMPACT_MANY, tests, str(output.root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    rows, size, peak = map(int, done.stdout.split())
    assert rows == 12_000
    assert size > 30_000_000
    assert peak < 24 << 20
