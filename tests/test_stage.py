import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import made
import pyarrow.parquet as pq
from eager import run

from pipeline.output import Output
from schemas.tables import TABLES
from transforms.stage import (
    KEY,
    PARTITION,
    RECORD,
    STAGED,
    ShardWriter,
    StageRows,
    article_row,
    event_row,
    published_key,
    record_id,
    reject_row,
    staged_files,
)


def test_published_keys_sort_as_times_do_unknown_last():
    times = [
        datetime(900, 1, 1, tzinfo=UTC),
        made.APRIL,
        made.APRIL.replace(microsecond=1),
        datetime.max.replace(tzinfo=UTC),
    ]
    keys = [published_key(time) for time in times]
    assert [*keys, published_key(None)] == sorted([published_key(None), *reversed(keys)])


def test_rows_have_the_columns_of_their_tables(tmp_path):
    settings = made.stage_settings(Output(tmp_path))
    one = made.tagged(made.article())
    for table, row in (
        ("articles", article_row(one, settings)),
        ("events", event_row(one.article, one.events[0], settings)),
        ("rejects", reject_row(made.reject(), settings)),
    ):
        assert set(row) == {PARTITION, KEY, RECORD, *TABLES[table].names}
        assert row[PARTITION] == f"month={row.get('rejected_at', made.APRIL):%Y-%m}"


def test_a_record_is_content_and_place():
    assert record_id(made.article()) == record_id(made.article())
    assert record_id(made.article()) != record_id(made.article(position=2))


def test_a_shard_is_written_when_it_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr("transforms.stage._MAX_ROWS", 4)
    settings = made.stage_settings(Output(tmp_path))
    writer = ShardWriter(settings)
    for number in range(3):
        writer.add(made.tagged(made.article(number)))
    assert len(staged_files(Path(settings.folder), "articles")) == 1
    writer.flush()
    files = staged_files(Path(settings.folder), "articles")
    assert sum(pq.read_metadata(file).num_rows for file in files) == 3
    assert not list(Path(settings.folder).glob(".*"))


def test_what_does_not_fit_is_rejected_alone(tmp_path):
    settings = made.stage_settings(Output(tmp_path))
    bad = made.tagged(made.article(2))
    too_many = dataclasses.replace(bad.events[0].finding, killed_low=5_000_000_000)
    bad = dataclasses.replace(bad, events=(dataclasses.replace(bad.events[0], finding=too_many),))
    writer = ShardWriter(settings)
    for item in (made.tagged(made.article(1)), bad, made.tagged(made.article(3))):
        writer.add(item)
    writer.flush()
    (articles,) = staged_files(Path(settings.folder), "articles")
    assert sorted(pq.read_table(articles)["external_id"].to_pylist()) == ["est-1", "est-3"]
    (rejects,) = staged_files(Path(settings.folder), "rejects")
    (row,) = pq.read_table(rejects).to_pylist()
    assert (row["reason"], row["position"]) == ("unwritable", 2)


def test_stage_rows_writes_every_element_once(tmp_path):
    settings = made.stage_settings(Output(tmp_path))
    items = [made.tagged(made.article(number)) for number in range(50)] + [made.reject(number) for number in range(7)]
    assert run(StageRows(settings), items) == []
    counts = {}
    for table, schema in STAGED.items():
        tables = [pq.read_table(file) for file in staged_files(Path(settings.folder), table)]
        assert all(each.schema.equals(schema) for each in tables)
        assert all(each[KEY].to_pylist() == sorted(each[KEY].to_pylist()) for each in tables)
        counts[table] = sum(each.num_rows for each in tables)
    assert counts == {"articles": 50, "events": 50, "rejects": 7}
