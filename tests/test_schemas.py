from datetime import UTC, datetime

import made
import pyarrow as pa
import pytest

from schemas.event import EVENT_TYPES, Finding
from schemas.ids import stable_id
from schemas.tables import EVENTS, TABLES, load_columns, partition_folder


def test_ids_depend_on_parts_their_order_and_their_borders():
    ids = [stable_id("ab", "c"), stable_id("a", "bc"), stable_id("c", "ab"), stable_id("ab", None), stable_id("ab", "")]
    assert len(set(ids)) == len(ids)
    assert stable_id("Estmark", 1) == "4f97595dd9c9c5826d8679eb"


def test_an_id_of_the_source_counts_within_its_host():
    here = made.article(external_id="7", url="https://a.example/x")
    assert here.article_id == made.article(external_id="7", url="https://a.example/y", text="Edited.").article_id
    assert here.article_id != made.article(external_id="7", url="https://b.example/x").article_id


def test_without_an_id_the_address_counts_and_then_the_content():
    by_url = made.article(external_id=None, url="https://a.example/x")
    assert by_url.article_id == made.article(2, external_id=None, url="https://a.example/x").article_id
    assert made.article(external_id=None).article_id == made.article(external_id=None, position=9).article_id
    assert made.article(external_id=None).article_id != made.article(2, external_id=None).article_id


def test_a_broken_address_does_not_break_the_id():
    assert made.article(url="http://[broken").article_id


def test_the_id_of_an_event_names_its_place():
    one = made.tagged(made.article())
    other = made.tagged(made.article(2))
    assert one.events[0].event_id(one.article) != other.events[0].event_id(other.article)


def test_every_field_is_described_and_typed():
    for schema in TABLES.values():
        assert all(field.metadata[b"description"].endswith(b".") for field in schema)
        assert not any(pa.types.is_dictionary(field.type) for field in schema)
        assert not {"day", "month", "year"} & set(schema.names)


def test_every_field_of_a_finding_is_a_column():
    assert set(Finding.__dataclass_fields__) <= set(EVENTS.names)
    assert EVENT_TYPES == ("proposal", "condition", "refusal", "casualty_report")


def test_only_what_is_always_known_is_required():
    required = {name for name, spec in load_columns()["events"]["columns"].items() if spec.get("required")}
    assert {"event_id", "sentence", "rule_id"} <= required
    assert not {"actor", "published_at", "killed_low"} & required


@pytest.mark.parametrize(
    ("published_at", "partition_by", "folder"),
    [
        (datetime(2025, 4, 22, tzinfo=UTC), "day", "day=2025-04-22"),
        (datetime(2025, 4, 22, tzinfo=UTC), "month", "month=2025-04"),
        (datetime(985, 4, 22, tzinfo=UTC), "year", "year=0985"),
        (datetime(2025, 4, 22, tzinfo=UTC), "none", ""),
        (None, "month", "month=__HIVE_DEFAULT_PARTITION__"),
        (None, "none", ""),
    ],
)
def test_partitions(published_at, partition_by, folder):
    assert partition_folder(published_at, partition_by) == folder
