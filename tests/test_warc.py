import gzip
import io
from datetime import UTC, datetime

import pytest

import transforms.warc
from transforms.counters import reset_tally, tally
from transforms.draft import Draft, Flaw
from transforms.streams import Stream
from transforms.warc import read_warc

PARAGRAPH = (
    "<p>The government of Estmark rejected the ceasefire plan on Tuesday, saying that its terms were out of date.</p>"
)
PAGE = (
    f"<html lang='en'><head><title>Plan</title></head><body><article>{PARAGRAPH * 3}</article></body></html>".encode()
)


def archive(*records: tuple[str, str, str, bytes], pack: bool = False) -> bytes:
    """Return an archive of records given as type, status, content type and content."""
    parts = [_record(number, *record) for number, record in enumerate(records, start=1)]
    return b"".join(gzip.compress(part) if pack else part for part in parts)


def _record(number: int, kind: str, status: str, content_type: str, content: bytes) -> bytes:
    block = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n".encode() + content
    header = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"WARC-Target-URI: https://estmark.example/{number}\r\nWARC-Date: 2025-04-22T10:00:00Z\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return header.encode() + block + b"\r\n\r\n"


def read(data: bytes, compression: str = "") -> list[Draft | Flaw]:
    return list(read_warc(Stream(io.BytesIO(data), compression)))


GOOD = ("response", "200 OK", "text/html; charset=utf-8", PAGE)


@pytest.mark.parametrize("pack", [True, False])
def test_pages_become_drafts_and_other_records_are_counted(pack: bool) -> None:
    reset_tally()
    others = [
        ("response", "404 Not Found", "text/html", PAGE),
        ("response", "200 OK", "image/png", b"x"),
        ("response", "200 OK", "text/html", b"<html></html>"),
    ]
    found = read(archive(GOOD, *others, GOOD, pack=pack), ".gz" if pack else "")
    assert [record.position for record in found] == [1, 4, 5]
    first, empty, _ = found
    assert isinstance(first, Draft)
    assert first.url == "https://estmark.example/1"
    assert first.fetched_at == datetime(2025, 4, 22, 10, tzinfo=UTC)
    assert isinstance(empty, Flaw)
    assert empty.reason == "no_main_text"
    assert tally()["warc_skipped"] == 2


def test_a_cut_off_archive_keeps_what_came_before() -> None:
    data = archive(GOOD, GOOD, pack=True)
    stream = Stream(io.BytesIO(data[:-100]), ".gz")
    found = list(read_warc(stream))
    assert isinstance(found[0], Draft)
    assert stream.damage


def test_what_is_no_archive_is_a_flaw() -> None:
    (flaw,) = read(b"Talks went on.\n" * 100)
    assert isinstance(flaw, Flaw)
    assert (flaw.reason, flaw.position) == ("bad_warc", 1)


def test_an_archive_that_breaks_keeps_what_came_before() -> None:
    first, flaw = read(archive(GOOD) + b"nonsense\r\n" * 50)
    assert isinstance(first, Draft)
    assert isinstance(flaw, Flaw)
    assert (flaw.reason, flaw.position) == ("bad_warc", 2)


def test_a_response_without_an_address_breaks_the_archive_with_its_position() -> None:
    nameless = archive(GOOD).replace(b"WARC-Target-URI", b"WARC-Target")
    first, flaw = read(archive(GOOD) + nameless)
    assert isinstance(first, Draft)
    assert isinstance(flaw, Flaw)
    assert (flaw.reason, flaw.position) == ("bad_warc", 2)


def test_a_page_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transforms.warc, "LARGEST_DOCUMENT", len(PAGE))
    found = read(archive(("response", "200 OK", "text/html", PAGE + b" "), GOOD))
    assert [getattr(record, "reason", "draft") for record in found] == ["too_large", "draft"]


@pytest.mark.parametrize("length", ["", "Content-Length: 99999\r\n", "Content-Length: -1\r\n", "X: " + "x" * 70_000])
def test_a_record_of_a_wrong_length_ends_the_archive(length: str, capsys: pytest.CaptureFixture[str]) -> None:
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://estmark.example/1\r\n"
    answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nNo talks."
    found = list(read_warc(Stream(io.BytesIO(f"{head}{length}\r\n{answer}\r\n\r\n".encode()))))
    assert [flaw.reason for flaw in found if isinstance(flaw, Flaw)] == ["bad_warc"]
    assert capsys.readouterr() == ("", "")
