import gzip
import io
import json
import os
import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from eager import run

from schemas.article import Article
from schemas.reject import Reject
from schemas.source import Download, Failure, Source
from transforms.counters import reset_tally, tally
from transforms.files import expand_inputs
from transforms.parquet_footer import FOOTER_END
from transforms.read import REASONS, ReadArticles, ReadSettings, detect_format, read_source

NOW = datetime(2025, 4, 22, 12, tzinfo=UTC)
RSS = "<rss version='2.0'><channel><title>Wire</title><item><title>Talks</title><guid>7</guid></item></channel></rss>"


def now() -> datetime:
    return NOW


def read(path: Path, *, is_feed: bool = False, **settings: Any) -> list[Article | Reject]:
    """Read one file; check that every record is accounted for."""
    reset_tally()
    found = list(read_source(Source(str(path), is_feed=is_feed), ReadSettings(**settings), now))
    counts = tally()
    articles = sum(isinstance(item, Article) for item in found)
    assert counts.get("articles_read", 0) == articles
    assert counts.get("rejects_read", 0) == len(found) - articles
    assert counts.get("records", 0) == len(found) + counts.get("outside_period", 0)
    return found


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def jsonl(path: Path, *rows: object) -> Path:
    return write(path, "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))


def reasons(found: list[Article | Reject]) -> list[str]:
    return [item.reason if isinstance(item, Reject) else "article" for item in found]


def test_an_article_has_all_that_its_record_says(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "url": "https://estmark.example/7",
        "title": " Roth:\n no talks ",
        "text": "Adela\xa0Roth said no.\r\nVale\x07 left.\n",
        "published": "22 Apr 2025 10:00 +0200",
        "source": "Estmark Daily",
        "authors": ["Jon Vale"],
    }
    path = jsonl(tmp_path / "a.jsonl", row)
    assert read(path, default_language="en") == [
        Article(
            title="Roth: no talks",
            text="Adela Roth said no.\nVale left.",
            external_id="7",
            url="https://estmark.example/7",
            language="en",
            authors=("Jon Vale",),
            source_name="Estmark Daily",
            source_uri=str(path),
            source_format="jsonl",
            position=1,
            published_at=datetime(2025, 4, 22, 8, tzinfo=UTC),
            published_from="source",
            fetched_at=NOW,
        )
    ]


def test_bad_records_cost_themselves_only(tmp_path: Path) -> None:
    rows = [{"text": "a"}, '{"text": ', "[]", {"text": "b"}, {"body": "c"}, {"title": "d"}, {"text": "e" * 11}, {}]
    found = read(jsonl(tmp_path / "a.jsonl", *rows), max_characters=10)
    assert reasons(found) == [
        "article",
        "bad_json",
        "not_an_object",
        "article",
        "empty",
        "article",
        "too_long",
        "empty",
    ]
    assert [item.position for item in found] == list(range(1, 9))
    assert isinstance(found[4], Reject)
    assert found[4].detail == "There is neither text nor title: the keys are body"
    assert (found[1].stage, found[1].sample) == ("read", '{"text":')  # type: ignore[union-attr]


def test_every_reason_has_a_sentence_and_a_use() -> None:
    code = "".join(path.read_text() for path in Path(str(files("transforms"))).glob("*.py"))
    used = set(re.findall(r'(?:_flaw\(|Flaw\(reason=|FetchError\(|reason = )"(\w+)"', code)) | {"line_too_long"}
    assert used == set(REASONS)


@pytest.mark.parametrize(
    ("published", "published_from"),
    [("soon", "source_unreadable"), ("2025-05-01", "source_in_future"), (None, None)],
)
def test_dates_that_are_none(tmp_path: Path, published: str | None, published_from: str | None) -> None:
    (article,) = read(jsonl(tmp_path / "a.jsonl", {"text": "a", "published": published}))
    assert isinstance(article, Article)
    assert (article.published_at, article.published_from) == (None, published_from)


def test_articles_outside_the_period_are_counted(tmp_path: Path) -> None:
    days = ["2025-04-01", "2025-04-02", "2025-04-03", None]
    path = jsonl(tmp_path / "a.jsonl", *({"text": str(day), "published": day} for day in days))
    found = read(path, since=datetime(2025, 4, 2, tzinfo=UTC), until=datetime(2025, 4, 3, tzinfo=UTC))
    assert [item.text for item in found if isinstance(item, Article)] == ["2025-04-02", "None"]
    assert tally()["outside_period"] == 2


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.txt", "Talks went on.", ["text"]),
        ("a.md", "# Talks\n\nThey went on.", ["text"]),
        ("a.txt", "", ["empty"]),
        ("a.txt.gz", gzip.compress(b"Talks went on."), ["text"]),
        ("a.txt.gz", gzip.compress(b"Talks went on.")[:-9], ["corrupt"]),
        ("a.txt.gz", b"Talks went on.", ["corrupt"]),
        ("a", "Talks went on.", ["text"]),
        ("a.log", b"\x00\x01\x02", ["unknown_format"]),
        ("a", "Größe".encode("utf-16"), ["text"]),
        ("a", '{"text": "a"}', ["json"]),
        ("a", RSS, ["rss"]),
        ("a.xml", RSS, ["rss"]),
        ("a.xml", "<note/>", ["not_a_feed"]),
        ("a", "<html><body></body></html>", ["no_main_text"]),
        (
            "a.json",
            '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "a"}]}',
            ["json_feed"],
        ),
        ("a.json", '[{"text": "a"}, {"text": "b"}]', ["json", "json"]),
        ("a.csv", "text\na\n", ["csv"]),
        ("a.tsv", "id\ttext\n1\ta\n", ["csv"]),
        ("a.jsonl", "", []),
        ("a.parquet", "PAR1 not", ["unreadable"]),
        ("a.warc", "not", ["bad_warc"]),
    ],
)
def test_formats(tmp_path: Path, name: str, content: str | bytes, wanted: list[str]) -> None:
    found = read(write(tmp_path / name, content))
    assert [item.reason if isinstance(item, Reject) else item.source_format for item in found] == wanted


def test_a_cut_off_file_gives_what_came_before(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"id": number, "text": f"{number:x}" * 40}) + "\n" for number in range(20_000))
    found = read(write(tmp_path / "a.jsonl.gz", gzip.compress(rows.encode())[:-2_000]))
    assert isinstance(found[-1], Reject)
    assert found[-1].reason == "corrupt"
    assert found[-1].position == len(found) - 1
    assert all(isinstance(item, Article) for item in found[:-1])
    assert len(found) > 10_000


def test_what_cannot_be_opened_is_rejected(tmp_path: Path) -> None:
    (reject,) = read(tmp_path / "missing.txt")
    assert isinstance(reject, Reject)
    assert (reject.reason, reject.position) == ("unreadable", None)
    assert "FileNotFoundError" in reject.detail
    assert reasons(read(tmp_path)) == ["unreadable"]


def test_a_feed_is_a_feed_whatever_its_suffix(tmp_path: Path) -> None:
    assert reasons(read(write(tmp_path / "a.txt", RSS), is_feed=True)) == ["article"]
    assert reasons(read(write(tmp_path / "b.txt", "Talks"), is_feed=True)) == ["not_a_feed"]


EMPTY_FEED = "<rss version='2.0'><channel><title>Wire</title></channel></rss>"


def test_a_feed_file_without_entries_is_rejected(tmp_path: Path) -> None:
    assert reasons(read(write(tmp_path / "a.xml", EMPTY_FEED))) == ["no_entries"]
    assert tally()["feeds_empty"] == 1


def test_a_broken_feed_is_counted(tmp_path: Path) -> None:
    assert reasons(read(write(tmp_path / "a.xml", RSS))) == ["article"]
    assert "feeds_malformed" not in tally()
    assert reasons(read(write(tmp_path / "a.xml", RSS.replace("</channel>", "")))) == ["article"]
    assert tally()["feeds_malformed"] == 1


def test_html_before_xml() -> None:
    page = b"<?xml version='1.0'?>\n<!-- x -->\n<!DOCTYPE html>\n<html>"
    assert detect_format(Source("/a"), page) == "html"
    assert detect_format(Source("/a"), b"<?xml version='1.0'?><rss>") == "feed"


def test_what_was_fetched_is_read_under_its_address(tmp_path: Path) -> None:
    path = write(tmp_path / "0f3a", RSS)
    fetched_at = datetime(2025, 4, 22, 12, tzinfo=UTC)
    download = Download(str(path), "https://cdn.estmark.example/feed", None, fetched_at)
    (article,) = read_source(Source("https://estmark.example/feed", is_feed=True, fetched=download), ReadSettings())
    assert isinstance(article, Article)
    assert (article.title, article.source_uri) == ("Talks", "https://estmark.example/feed")
    assert article.fetched_at == fetched_at


def test_a_feed_without_entries_for_a_while_is_no_reject(tmp_path: Path) -> None:
    reset_tally()
    path = write(tmp_path / "0f3a", EMPTY_FEED)
    download = Download(str(path), "https://estmark.example/feed", None, NOW)
    source = Source("https://estmark.example/feed", is_feed=True, fetched=download)
    assert list(read_source(source, ReadSettings())) == []
    assert tally()["feeds_empty"] == 1


def test_what_could_not_be_fetched_is_rejected() -> None:
    failure = Failure("http_status", "https://estmark.example/feed: 404 Not Found")
    (reject,) = read_source(Source("https://estmark.example/feed", is_feed=True, fetched=failure), ReadSettings())
    assert isinstance(reject, Reject)
    assert (reject.stage, reject.reason) == ("fetch", "http_status")
    assert "404 Not Found" in reject.detail


def test_read_articles(tmp_path: Path) -> None:
    jsonl(tmp_path / "a.jsonl", {"id": 1, "text": "a"}, "broken", {"id": 2, "text": "b"})
    write(tmp_path / "b.xml", RSS)
    write(tmp_path / "c.parquet", "no")
    articles, rejects = run(
        ReadArticles(ReadSettings(), now), expand_inputs([str(tmp_path)]), outputs=("articles", "rejects")
    )
    assert sorted(article.title or article.text for article in articles) == ["Talks", "a", "b"]
    assert sorted(reject.reason for reject in rejects) == ["bad_json", "unreadable"]


def test_the_limit_ends_reading(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", *({"text": str(number)} for number in range(10)))
    articles, _ = run(
        ReadArticles(ReadSettings(limit=3), now), [Source(str(path))] * 2, outputs=("articles", "rejects")
    )
    assert [article.text for article in articles] == ["0", "1", "2"]


def test_a_json_feed_says_so_in_its_version() -> None:
    assert (
        detect_format(Source("/a.json"), b'{"title": "a", "version" : "https:\\/\\/jsonfeed.org/version/1"') == "feed"
    )
    assert detect_format(Source("/a.jsonl"), b'{"version": "https://jsonfeed.org/version/1"') == "jsonl"
    assert detect_format(Source("/a.json"), b'{"text": "see jsonfeed.org/version/1"}') == "json"


def test_a_packed_parquet_file_is_read_as_far_as_it_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"title": ["Talks", "No talks"]}), buffer)
    packed = gzip.compress(buffer.getvalue())
    path = write(tmp_path / "a.parquet.gz", packed)
    assert [item.title for item in read(path)] == ["Talks", "No talks"]
    assert reasons(read(write(tmp_path / "cut.parquet.gz", packed[:-20]))) == ["corrupt"]
    monkeypatch.setattr("transforms.parquet.LARGEST_PACKED", 100)
    assert reasons(read(path)) == ["too_large"]


def test_a_file_can_have_any_name(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/Gr\xf6\xdfe\x1b[2J.jsonl")
    found = read(jsonl(Path(path), {"text": "a"}, "broken"))
    assert [item.source_uri for item in found] == [f"{tmp_path}/Gr\ufffd\ufffde\ufffd[2J.jsonl"] * 2


def test_a_file_most_of_whose_records_are_bad_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transforms.read.MOST_REJECTS", 3)
    bad = read(jsonl(tmp_path / "bad.jsonl", {"text": "a"}, *["broken"] * 9, {"text": "b"}))
    assert reasons(bad) == ["article", "bad_json", "bad_json", "bad_json", "mostly_bad"]
    good = read(jsonl(tmp_path / "good.jsonl", *({"text": str(n)} for n in range(9)), *["broken"] * 5, {"text": "b"}))
    assert reasons(good) == ["article"] * 9 + ["bad_json"] * 5 + ["article"]


def test_no_footer_ends_the_process_that_reads(tmp_path: Path) -> None:
    """Arrow ends a process that looks at a column whose footer contradicts itself."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["Talks", "No talks"]}), path)
    data = path.read_bytes()
    start = len(data) - FOOTER_END - int.from_bytes(data[-FOOTER_END:-4], "little")
    found = []
    for place in range(start, len(data) - FOOTER_END):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        found += read_source(Source(str(path)), ReadSettings())
    details = [item.detail for item in found if isinstance(item, Reject)]
    assert any("the process ended with status -6" in detail for detail in details)
    assert {item.reason for item in found if isinstance(item, Reject)} <= set(REASONS)
