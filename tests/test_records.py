import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import transforms.records
from schemas.errors import UsageError
from transforms.draft import Draft, Flaw
from transforms.parquet import read_parquet
from transforms.records import PRESETS, parse_mapping, read_csv, read_json, read_jsonl
from transforms.streams import Stream


def stream(data: str | bytes) -> Stream:
    return Stream(io.BytesIO(data if isinstance(data, bytes) else data.encode()))


def texts(records: Iterator[Draft | Flaw]) -> list[str | None]:
    return [f"{record.reason} {record.position}" if isinstance(record, Flaw) else record.text for record in records]


def test_one_broken_line_costs_itself_only() -> None:
    lines = ['{"text": "a"}', '{"text": "b"', "", "[1]", "7", "null", '{"text": "c"}', "[" * 100_000, '{"text": "d"}']
    found = texts(read_jsonl(stream("\n".join(lines)), {}))
    assert found == ["a", "bad_json 2", *(f"not_an_object {n}" for n in (4, 5, 6)), "c", "bad_json 8", "d"]


def test_every_kind_of_value_is_taken() -> None:
    row = {
        "id": 17,
        "url": "https://estmark.example/1",
        "title": None,
        "text": ["First paragraph.", "Second paragraph."],
        "pubDate": 1745317230,
        "source": {"id": None, "name": "Estmark Daily"},
        "language": "en",
        "authors": ["Adela Roth", {"name": "Jon Vale"}, None],
    }
    (draft,) = read_jsonl(stream(json.dumps(row)), {})
    assert draft == Draft(
        position=1,
        text="First paragraph.\nSecond paragraph.",
        external_id="17",
        url="https://estmark.example/1",
        published=1745317230,
        source_name="Estmark Daily",
        language="en",
        authors=("Adela Roth", "Jon Vale"),
    )


@pytest.mark.parametrize("key", ["published", "published_at", "date", "pubDate"])
def test_dates_have_several_names(key: str) -> None:
    (draft,) = read_jsonl(stream(json.dumps({"text": "a", key: "2025-04-22"})), {})
    assert isinstance(draft, Draft)
    assert draft.published == "2025-04-22"


def test_an_empty_record_says_what_it_has() -> None:
    (draft,) = read_jsonl(stream('{"body": "a", "headline": "b"}'), {})
    assert draft == Draft(position=1, keys=("body", "headline"))


def test_deep_values_cost_nothing_else() -> None:
    deep = '{"name": ' * 900 + "1" + "}" * 900
    lines = [f'{{"text": "a", "source": {deep}}}', f'{{"text": {"[" * 900 + "]" * 900}}}', '{"text": "b"}']
    assert texts(read_jsonl(stream("\n".join(lines)), {})) == ["a", "", "b"]


def test_invalid_characters_are_replaced() -> None:
    assert texts(read_jsonl(stream(b'{"text": "caf\xe9\x01 \\ud800"}'), {})) == ["caf\ufffd\x01 \ud800"]


@pytest.mark.parametrize(
    "text",
    [
        '[{"text": "a"}, {"text": "b"}]',
        ' \n[\n{"text": "a"}\n,\n{"text": "b"}\n]\n',
        '\ufeff[{"text": "a"},{"text": "b"}]',
        '{"status": "ok", "articles": [{"text": "a"}, {"text": "b"}]}',
        '{\n  "status": "ok",\n  "articles": [\n {"text": "a"},\n {"text": "b"}]\n}',
        '{"text": "a"}\n{"text": "b"}\n',
    ],
)
def test_json_files_have_several_shapes(text: str) -> None:
    assert texts(read_json(stream(text), {})) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"text": "a"}', ["a"]),
        ('{\n"text":\n"a"\n}', ["a"]),
        ("[]", []),
        ("", []),
        ("{}", [None]),
        ('[{"text": "a"}, 5, {"text": "b"}]', ["a", "not_an_object 2", "b"]),
        ('[{"text": "a"}, {"text": "b"', ["a", "bad_json 2"]),
        ('[{"text": "a"}', ["a", "bad_json 2"]),
        ('[{"text": "a"} nonsense {"text": "b"}]', ["a", "bad_json 2"]),
        ('{"text": "a"', ["bad_json 1"]),
        ('{"text": "a"}\nnonsense\n{"text": "b"}', ["a", "bad_json 2", "b"]),
        ('{"articles": [{"text": "a"}, 5]}', ["a", "not_an_object 2"]),
    ],
)
def test_json_files(text: str, wanted: list[str | None]) -> None:
    assert texts(read_json(stream(text), {})) == wanted


def test_a_long_array_is_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transforms.records, "_CHUNK", 16)
    rows = [{"text": f"Day {day} of the talks, [not] the end"} for day in range(300)]
    assert texts(read_json(stream(json.dumps(rows)), {})) == [row["text"] for row in rows]


def test_csv() -> None:
    text = 'id,title,text,published\n1,Talks,"He said ""no"".\n\nThen, left.",2025-04-22\n\n2,,"b",\n'
    first, second = read_csv(stream(text), {})
    assert isinstance(first, Draft)
    assert (first.external_id, first.title, first.published) == ("1", "Talks", "2025-04-22")
    assert first.text == 'He said "no".\n\nThen, left.'
    assert (second.position, second.text) == (6, "b")  # type: ignore[union-attr]


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_csv_separators(separator: str) -> None:
    assert texts(read_csv(stream(f"id{separator}text\n1{separator}a\n".encode("utf-16")), {})) == ["a"]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ('1,a\n2,"b" c\n3,d\n', ["a", "bad_csv 3", "d"]),
        ('1,a\n2,"never closed\n3,b\n4,c\n', ["a", "bad_csv 3", "b", "c"]),
        ('1,a\n2,"never closed\n3,"b"\n4,c\n', ["a", "bad_csv 3", "b", "c"]),
        ("1,a\n2,b,c\n3\n4,d\n", ["a", "bad_csv 3", "bad_csv 4", "d"]),
        ('1,a\n"', ["a", "bad_csv 3"]),
        ("", []),
    ],
)
def test_one_broken_row_costs_itself_only(rows: str, wanted: list[str]) -> None:
    assert texts(read_csv(stream("id,text\n" + rows), {})) == wanted


def test_a_quote_takes_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transforms.records, "LONGEST_ROW", 3)
    found = texts(read_csv(stream('id,text\n1,"a\n' + "2,b\n" * 5), {}))
    assert found == ["bad_csv 2", "b", "b", "b", "b", "b"]


@pytest.mark.parametrize("text", ["1,a\n2,b\n", "id,body\n1,a\n"])
def test_a_table_without_text_is_one_flaw(text: str) -> None:
    assert texts(read_csv(stream(text), {})) == ["no_text_column None"]
    assert texts(read_csv(stream("id,body\n1,a\n"), {"text": "body"})) == ["a"]


def test_an_empty_csv_file_has_no_records() -> None:
    assert texts(read_csv(stream(""), {})) == []


def parquet(table: pa.Table) -> Stream:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return stream(buffer.getvalue())


def test_parquet() -> None:
    invalid = pa.Array.from_buffers(pa.string(), 2, pa.array([b"caf\xe9", b"b"], pa.binary()).buffers())
    table = pa.table(
        {
            "id": [1.0, float("nan")],
            "text": invalid,
            "date": pa.array([datetime(2025, 4, 22, 10, tzinfo=UTC), None], pa.timestamp("ns", "Europe/Vienna")),
            "updated": pa.array([date(2025, 4, 23), None]),
            "source": pa.array(["Estmark Daily", None]).dictionary_encode(),
            "authors": [["Adela Roth"], None],
            "unused": [b"x", b"y"],
        }
    )
    first, second = read_parquet(parquet(table), {})
    assert first == Draft(
        position=1,
        text="caf\ufffd",
        external_id="1",
        published="2025-04-22 12:00:00.000000000+0200",
        updated="2025-04-23",
        source_name="Estmark Daily",
        authors=("Adela Roth",),
    )
    assert second == Draft(position=2, text="b")


def test_parquet_without_text() -> None:
    assert texts(read_parquet(parquet(pa.table({"a": [1]})), {})) == ["no_text_column None"]


def test_mapping() -> None:
    mapping = parse_mapping(["news-please", "text=body", "title = meta.headline"])
    assert mapping == {**PRESETS["news-please"], "text": "body", "title": "meta.headline"}
    row = {"body": "a", "meta": {"headline": "b"}, "date_publish": "2025-04-22", "source_domain": "estmark.example"}
    (draft,) = read_jsonl(stream(json.dumps(row)), mapping)
    assert draft == Draft(position=1, text="a", title="b", published="2025-04-22", source_name="estmark.example")


def test_what_a_record_has_under_our_own_name_counts_next() -> None:
    assert texts(read_jsonl(stream('{"text": "a"}\n{"text": "a", "body": "b"}'), {"text": "body"})) == ["a", "b"]


@pytest.mark.parametrize(
    ("preset", "row"),
    [
        ("news-please", {"maintext": "a", "date_publish": "2025-04-22", "source_domain": "Daily", "authors": ["R"]}),
        ("cc_news", {"text": "a", "date": "2025-04-22", "domain": "Daily", "authors": "R"}),
        ("trafilatura", {"text": "a", "date": "2025-04-22", "source-hostname": "Daily", "author": "R"}),
        ("newsapi", {"content": "a", "publishedAt": "2025-04-22", "source": {"name": "Daily"}, "author": "R"}),
    ],
)
def test_presets(preset: str, row: dict[str, object]) -> None:
    (draft,) = read_jsonl(stream(json.dumps(row)), parse_mapping([preset]))
    assert draft == Draft(position=1, text="a", published="2025-04-22", source_name="Daily", authors=("R",))


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("txt=body", "did you mean text"),
        ("newsapy", "did you mean newsapi"),
        ("text=", "a field of ours"),
        ("", "known"),
    ],
)
def test_a_mapping_that_means_nothing_is_an_error(spec: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        parse_mapping([spec])


@pytest.mark.parametrize("size", [1_000, 2**20])
def test_one_text_for_a_million_rows_is_a_bomb(size: int) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 10_000, pa.int32()), pa.array(["x" * size]))
    found = list(read_parquet(parquet(pa.table({"text": texts})), {}))
    assert len(found) < 2_000
    assert isinstance(found[-1], Flaw)
    assert found[-1].reason == "compression_bomb"
