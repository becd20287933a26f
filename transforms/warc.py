"""The HTML pages of a WARC archive, such as those of Common Crawl's news crawl."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed

from transforms.counters import count
from transforms.dates import parse_date
from transforms.document_reader import read_page_apart
from transforms.draft import Draft, Flaw
from transforms.streams import LARGEST_DOCUMENT, Stream

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_PIECE = 2**16
_LONGEST_LINE = 2**16  # bytes


class _Lines(DecompressingBufferedReader):  # type: ignore[misc]
    """Bytes of an archive that refuse lines without end; headers are read by lines."""

    def readline(self, length: int | None = None) -> bytes:
        line: bytes = super().readline(min(length or _LONGEST_LINE, _LONGEST_LINE))
        if len(line) == _LONGEST_LINE:
            raise ArchiveLoadFailed(f"a line of its headers is longer than {_LONGEST_LINE} bytes")
        return line


class _Records(ArchiveIterator):  # type: ignore[misc]
    """The records of an archive."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self.reader = _Lines(self.fh)

    def _consume_blanklines(self) -> tuple[bytes | None, int]:
        """Return what comes behind a record and how long the blank lines are; warcio would print what is none."""
        size = 0
        while (line := self.reader.readline()) and not line.strip():
            size += len(line)
        return line or None, size


def read_warc(stream: Stream) -> Iterator[Draft | Flaw]:
    """Yield a draft or flaw for each HTML page that was answered with status 200; records count from 1.

    ``warc_skipped`` counts the other records. A record that breaks the archive's structure ends it.
    """
    records = _Records(stream)
    position = 0
    while True:
        position += 1
        try:
            record = next(records, None)
            if record is None:
                return
            found = _read_record(record) if _is_page(record) else None
            _check_length(record)
        except Exception as error:  # warcio raises others than its own, such as for a response without an address
            if not stream.damage:
                yield Flaw(reason="bad_warc", detail=f"{type(error).__name__}: {error}", position=position)
            return
        if found is None:
            count("warc_skipped")
        else:
            yield replace(found, position=position)


def _check_length(record: Any) -> None:
    """Raise ArchiveLoadFailed for a record that does not end where it says."""
    if record.length is None:
        raise ArchiveLoadFailed("a record does not say how long it is")
    while record.raw_stream.read(_PIECE):
        pass
    if missing := record.raw_stream.limit:
        raise ArchiveLoadFailed(f"a record is {missing} bytes shorter than it says")


def _is_page(record: Any) -> bool:
    """Tell whether a record is an HTML page that the server sent as such."""
    if record.rec_type != "response" or record.http_headers is None:
        return False
    content_type = (record.http_headers.get_header("Content-Type") or "").lower()
    return record.http_headers.get_statuscode() == "200" and content_type.startswith(_HTML_TYPES)


def _read_record(record: Any) -> Draft | Flaw:
    url = record.rec_headers.get_header("WARC-Target-URI")
    try:
        page = _content(record)
    except Exception as error:  # one page never costs the archive
        return Flaw(reason="unreadable", detail=f"{url}: {type(error).__name__}: {error}")
    if len(page) > LARGEST_DOCUMENT:
        return Flaw(reason="too_large", detail=url or "")
    found = read_page_apart(page, url=url)
    if isinstance(found, Flaw):
        return found
    return replace(found, fetched_at=parse_date(record.rec_headers.get_header("WARC-Date")))


def _content(record: Any) -> bytes:
    """Return the unpacked body; one byte too much when it is larger than allowed."""
    body = bytearray()
    stream = record.content_stream()
    while len(body) <= LARGEST_DOCUMENT and (piece := stream.read(_PIECE)):
        body += piece
    return bytes(body)
