import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import made
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pipeline.commit import commit, prepare, recover
from pipeline.output import Output
from pipeline.records import listed_files, read_records
from schemas.errors import BusyError, UserError
from schemas.tables import TABLES
from transforms.stage import ShardWriter


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / "out")


def test_a_run_becomes_sorted_rows_with_the_full_schema(output):
    articles = [made.tagged(made.article(n, published_at=made.APRIL.replace(day=30 - n))) for n in range(1, 20)]
    assert made.write_run(output, "first", articles[:10], articles[10:]) == {
        "articles_new": 19,
        "articles_revised": 0,
        "articles_unchanged": 0,
    }
    published = [row["published_at"] for row in made.rows(output, "articles")]
    assert published == sorted(published)
    assert len(made.rows(output, "events")) == 19
    files = list((output.root / "articles").rglob("*.parquet"))
    assert [file.parent.name for file in files] == ["month=2025-04"]
    for table, schema in TABLES.items():
        for file in (output.root / table).rglob("*.parquet"):
            assert pq.read_schema(file).equals(schema, check_metadata=True)


def test_a_table_without_rows_can_be_opened(output):
    made.write_run(output, "first", [made.tagged(made.article())])
    assert made.rows(output, "rejects") == []


def test_undated_articles_alone_can_be_opened(output):
    made.write_run(output, "first", [made.tagged(made.article(published_at=None)), made.reject()])
    for table in TABLES:
        data = ds.dataset(output.root / table, partitioning="hive").to_table()
        assert data.num_rows == 1
        assert data.schema.field("month").type == "string"


def test_offsets_of_the_trigger_count_in_the_article(output):
    one = made.article(title=None, text="Nothing. \nEstmark rejected it.")
    made.write_run(output, "first", [made.tagged(one)])
    (event,) = made.rows(output, "events")
    assert one.text[event["trigger_start"] : event["trigger_end"]] == event["trigger_text"]


def test_a_second_run_over_the_same_input_adds_nothing(output):
    shard = [made.tagged(made.article(1)), made.tagged(made.article(2)), made.reject()]
    made.write_run(output, "first", shard)
    before = {table: made.rows(output, table) for table in TABLES}
    assert made.write_run(output, "second", shard)["articles_unchanged"] == 2
    assert {table: made.rows(output, table) for table in TABLES} == before


def test_a_repeated_run_id_replaces_its_own_rows_only(output):
    made.write_run(output, "other", [made.tagged(made.article(9))])
    made.write_run(output, "first", [made.tagged(made.article(1)), made.tagged(made.article(2)), made.reject()])
    made.write_run(output, "first", [made.tagged(made.article(2)), made.tagged(made.article(3))])
    assert sorted(row["external_id"] for row in made.rows(output, "articles")) == ["est-2", "est-3", "est-9"]
    assert made.rows(output, "rejects") == []


def test_the_same_content_twice_is_kept_once_and_said(output):
    copies = [made.tagged(made.article(1, source_uri=f"/news/{name}.jsonl")) for name in ("b", "a")]
    made.write_run(output, "first", copies[:1], copies[1:])
    (row,) = made.rows(output, "articles")
    assert row["source_uri"] == "/news/a.jsonl"
    assert len(made.rows(output, "events")) == 1
    (duplicate,) = made.rows(output, "rejects")
    assert (duplicate["reason"], duplicate["source_uri"]) == ("duplicate", "/news/b.jsonl")
    assert "/news/a.jsonl:1" in duplicate["detail"]
    assert duplicate["sample"].startswith("Estmark rejected plan 1")


def test_a_changed_text_is_a_new_revision_whatever_the_order(output, tmp_path):
    texts = [made.article(1, text=f"Estmark rejected version {n}. So it is.", position=n) for n in (1, 2, 3)]
    made.write_run(output, "first", [made.tagged(each) for each in texts])
    reordered = Output(tmp_path / "reordered")
    made.write_run(reordered, "first", *[[made.tagged(each)] for each in reversed(texts)])
    for each in (output, reordered):
        found = {row["text"][17:26]: row["revision"] for row in made.rows(each, "articles")}
        assert found == {"version 1": 1, "version 2": 2, "version 3": 3}
        assert {row["sentence"][17:26]: row["revision"] for row in made.rows(each, "events")} == found
    later = made.article(1, text="Estmark rejected version 4. So it is.")
    assert made.write_run(output, "second", [made.tagged(later)])["articles_revised"] == 1
    assert max(row["revision"] for row in made.rows(output, "articles")) == 4


def test_a_bundle_that_was_retried_counts_once(output):
    shard = [made.tagged(made.article(1)), made.reject()]
    made.write_run(output, "first", shard, shard)
    assert [len(made.rows(output, table)) for table in TABLES] == [1, 1, 1]


def test_many_small_ranges_give_the_same_rows_as_one(output, tmp_path, monkeypatch):
    articles = [made.tagged(made.article(n, published_at=made.APRIL.replace(month=1 + n % 12))) for n in range(60)]
    made.write_run(output, "first", articles)
    monkeypatch.setattr("pipeline.commit.RANGE_BYTES", 2_000)
    small = Output(tmp_path / "small")
    made.write_run(small, "first", articles[30:], articles[:30])
    for table in ("articles", "events"):
        assert made.rows(small, table) == made.rows(output, table)
        assert len(list((small.root / table).rglob("*.parquet"))) == 12


def test_full_files_are_followed_by_more(output, monkeypatch):
    monkeypatch.setattr("pipeline.commit.RANGE_BYTES", 2_000)
    monkeypatch.setattr("pipeline.merge.FILE_BYTES", 5_000)
    made.write_run(output, "first", [made.tagged(made.article(n)) for n in range(30)])
    names = sorted(path.name for path in (output.root / "articles").rglob("*.parquet"))
    assert [(name[:6], name[14:]) for name in names[:2]] == [("first-", "-0000.parquet"), ("first-", "-0001.parquet")]
    assert len(made.rows(output, "articles")) == 30


def test_an_empty_run_commits(output):
    made.write_run(output, "first")
    assert json.loads(output.record("first").read_text())["run_id"] == "first"
    assert [made.rows(output, table) for table in TABLES] == [[], [], []]


def test_what_was_staged_and_not_committed_is_cleared_away(output):
    made.write_run(output, "first", [made.tagged(made.article(1))])
    writer = ShardWriter(made.stage_settings(output, "killed"))
    writer.add(made.tagged(made.article(2)))
    writer.flush()
    with output.locked():
        recover(output)
    assert not output.staging("killed").exists()
    assert len(made.rows(output, "articles")) == 1


# Each name is a function of the commit after whose first call the process kills itself.
_KILL_AFTER = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import made, pipeline.commit as module
from pathlib import Path
from pipeline.output import Output
name = sys.argv[3]
original = getattr(module, name)
def fatal(*arguments, **keywords):
    original(*arguments, **keywords)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, name, fatal)
articles = [made.tagged(made.article(n, published_at=made.APRIL.replace(month=n))) for n in range(1, 7)]
made.write_run(Output(Path(sys.argv[2])), "killed", articles + [made.reject()])
"""


@pytest.mark.parametrize(
    ("function", "lands"),
    [
        ("decide", False),
        ("merge_table", False),
        ("write_record", True),
        ("_place", True),
        ("take_over", True),
        ("_sweep", True),
    ],
)
def test_a_run_killed_in_its_commit_is_absent_or_complete(output, function, lands):
    made.write_run(output, "first", [made.tagged(made.article(9))])
    tests = str(Path(__file__).parent)
    killed = subprocess.run([sys.executable, "-c", _KILL_AFTER, tests, str(output.root), function], timeout=60)
    assert killed.returncode == -signal.SIGKILL
    with output.locked():
        recover(output)
    assert len(made.rows(output, "articles")) == (7 if lands else 1)
    assert len(made.rows(output, "events")) == (7 if lands else 1)
    assert len(made.rows(output, "rejects")) == (1 if lands else 0)
    assert list((output.root / "staging").iterdir()) == []
    articles = [made.tagged(made.article(n, published_at=made.APRIL.replace(month=n))) for n in range(1, 7)]
    made.write_run(output, "again", [*articles, made.reject()])
    assert [len(made.rows(output, table)) for table in TABLES] == [7, 7, 1]


def test_a_lost_file_of_a_pending_commit_is_named(output):
    with output.locked():
        settings = made.stage_settings(output, "broken")
        writer = ShardWriter(settings)
        writer.add(made.tagged(made.article(1)))
        writer.flush()
        prepared = prepare(output, settings)
        os.remove(output.staging("broken") / ".tables" / prepared.files[0].path)
        with pytest.raises(UserError, match=r"broken-.*-0000\.parquet.*--run-id"):
            commit(output, "broken", prepared, {"partition_by": "month"})


def test_a_lost_ledger_is_made_anew_from_the_tables(output):
    shard = [made.tagged(made.article(1)), made.reject()]
    made.write_run(output, "first", shard)
    for path in (output.root / "state").glob("ledger*"):
        path.unlink()
    assert made.write_run(output, "second", shard)["articles_unchanged"] == 1
    assert [len(made.rows(output, table)) for table in TABLES] == [1, 1, 1]


def test_the_record_lists_every_file_with_its_rows(output):
    made.write_run(output, "first", [made.tagged(made.article(1)), made.reject()])
    record = json.loads(output.record("first").read_text())
    for file in record["files"]:
        path = output.root / file["path"]
        assert (pq.read_metadata(path).num_rows, path.stat().st_size) == (file["rows"], file["size"])
    assert [asdict(file) for file in listed_files(output)] == record["files"]
    assert read_records(output)[0].partition_by == "month"


def test_one_writer_at_a_time(output):
    with output.locked(), pytest.raises(BusyError, match="another run"), output.locked():
        pass


def test_an_output_that_is_a_file_is_an_error_in_one_line(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(UserError, match="cannot write here"), Output(tmp_path / "out").locked():
        pass
