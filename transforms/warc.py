"""The HTML pages of a WARC archive, such as those of Common Crawl's news crawl."""

from collections.abc import Iterator
from typing import Any

from warcio.archiveiterator import ArchiveIterator

from transforms.counters import count
from transforms.dates import parse_date
from transforms.draft import Draft, Flaw
from transforms.html import read_html
from transforms.streams import LARGEST_DOCUMENT, Stream

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_PIECE = 2**16


def read_warc(stream: Stream) -> Iterator[Draft | Flaw]:
    """Yield a draft or flaw for each HTML page that was answered with status 200; records count from 1.

    ``warc_skipped`` counts the other records. A record that breaks the archive's structure ends it.
    """
    records = ArchiveIterator(stream)
    position = 0
    while True:
        position += 1
        try:
            record = next(records, None)
        except Exception as error:  # warcio raises others than its own, such as for a response without an address
            if not stream.damage:
                yield Flaw(reason="bad_warc", detail=f"{type(error).__name__}: {error}", position=position)
            return
        if record is None:
            return
        if _is_page(record):
            yield from _read_record(record, position)
        else:
            count("warc_skipped")


def _is_page(record: Any) -> bool:
    """Tell whether a record is an HTML page that the server sent as such."""
    if record.rec_type != "response" or record.http_headers is None:
        return False
    content_type = (record.http_headers.get_header("Content-Type") or "").lower()
    return record.http_headers.get_statuscode() == "200" and content_type.startswith(_HTML_TYPES)


def _read_record(record: Any, position: int) -> Iterator[Draft | Flaw]:
    url = record.rec_headers.get_header("WARC-Target-URI")
    try:
        page = _content(record)
        if len(page) > LARGEST_DOCUMENT:
            yield Flaw(reason="too_large", detail=url or "", position=position)
            return
        fetched_at = parse_date(record.rec_headers.get_header("WARC-Date"))
        yield from read_html(page, url=url, position=position, fetched_at=fetched_at)
    except Exception as error:  # one page never costs the archive
        yield Flaw(reason="unreadable", detail=f"{url}: {type(error).__name__}: {error}", position=position)


def _content(record: Any) -> bytes:
    """Return the unpacked body; one byte too much when it is larger than allowed."""
    body = bytearray()
    stream = record.content_stream()
    while len(body) <= LARGEST_DOCUMENT and (piece := stream.read(_PIECE)):
        body += piece
    return bytes(body)
