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
        assert row[PARTITION] == ("month=__HIVE_DEFAULT_PARTITION__" if table == "rejects" else "month=2025-04")


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
