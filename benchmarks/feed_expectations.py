"""What feedparser's test files expect of themselves, compared with the drafts that we make of them.

Such a file begins with a comment: ``Expect: not bozo and entries[0]['title'] == 'x'``. Compared are fields that an
article keeps, after turning the expected markup into plain text.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from transforms.clean import bom_encoding, clean_line, decode, html_to_text
from transforms.dates import date_article
from transforms.document_reader import read_feed_apart
from transforms.draft import Draft, Feed

_EXPECT = re.compile(r"^\s*Expect:\s*(.+?)\s*$", re.MULTILINE)
_HEADER = re.compile(r"^\s*Header:\s*([\w-]+)\s*:\s*(.*?)\s*$", re.MULTILINE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.-]+)""", re.IGNORECASE)
_TEST_SERVER = re.compile(r"http://127\.0\.0\.1")
_NOWHERE = "https://norvania.example/"
_LATER = datetime(2100, 1, 1, tzinfo=UTC)

# Where feedparser has what a field of ours holds; entries first, then feeds.
_ENTRY_FIELDS = {
    "title": "title",
    "title_detail.value": "title",
    "title_detail.language": "language",
    "content.0.value": "text",
    "content.0.language": "language",
    "summary": "text",
    "summary_detail.value": "text",
    "summary_detail.language": "language",
    "description": "text",
    "link": "url",
    "id": "external_id",
    "guid": "external_id",
    "published": "published",
    "published_parsed": "published",
    "updated": "updated",
    "updated_parsed": "updated",
    "author": "authors",
    "author_detail.name": "authors",
    "authors.0.name": "authors",
    "source.title": "source_name",
}
_FEED_FIELDS = {"title": "source_name", "title_detail.value": "source_name", "language": "language"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One expectation and what we have; ``reason`` is empty where they agree."""

    path: Path
    where: str
    expected: object
    found: object
    reason: str

    def __str__(self) -> str:
        return f"{self.path.name}: {self.where}\n{'':13}expected {self.expected!r}\n{'':13}found    {self.found!r}"


def judge(path: Path) -> Iterator[Verdict]:
    """Yield a verdict for each expectation that concerns a field of ours."""
    data = path.read_bytes()
    head = _head(data)
    expectation = _EXPECT.search(head)
    if not expectation or path.suffix == ".opml":
        return
    feed = _read(data, head)
    for where, expected in _comparisons(expectation[1]):
        if found := _find(where, feed):
            yield Verdict(path, where, expected, found[1], _difference(found[0], expected, found[1], feed, path))


def _head(data: bytes) -> str:
    """Return the start of a file as text, whatever its encoding; zeros of UTF-16 and UTF-32 go."""
    start = data[:8_000]
    return decode(start) if bom_encoding(start) else decode(start.replace(b"\0", b""))


def _read(data: bytes, head: str) -> Feed:
    headers = {name.lower(): value for name, value in _HEADER.findall(head)}
    charset = _CHARSET.search(headers.get("content-type", ""))
    if not headers:
        return read_feed_apart(data)
    address = headers.get("content-location", _NOWHERE)
    return read_feed_apart(data, address=address, charset=charset[1] if charset else None)


def _comparisons(expression: str) -> Iterator[tuple[str, object]]:
    """Yield the equations of an expression that is joined by ``and``: a path such as ``entries.0.title``, a literal."""
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError:
        return
    for part in tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]:
        if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq):
            try:
                yield _path(part.left), ast.literal_eval(part.comparators[0])
            except ValueError:  # neither a path nor a literal
                continue


def _path(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner, attr=name):
            return f"{_path(inner)}.{name}"
        case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
            return f"{_path(inner)}.{key}"
    raise ValueError("no path")


def _find(where: str, feed: Feed) -> tuple[str, object] | None:
    """Return our field for a path and its value; None where there is none to compare."""
    drafts = [record for record in feed.records if isinstance(record, Draft)]
    root, _, rest = where.partition(".")
    number, field = 0, _FEED_FIELDS.get(rest) if root == "feed" else None
    if root == "entries":
        index, _, rest = rest.partition(".")
        number, field = int(index) if index.isdigit() else 0, _ENTRY_FIELDS.get(rest)
    if field is None:
        return None
    if number >= len(drafts):
        return None if root == "feed" else (field, "no such entry")
    return field, getattr(drafts[number], field)


def _difference(field: str, expected: Any, found: Any, feed: Feed, path: Path) -> str:
    """Return why the values differ, empty when they agree."""
    if isinstance(expected, tuple):
        return _date_difference(expected, found)
    plain = html_to_text(expected) if isinstance(expected, str) else ""
    plain = plain if field == "text" else clean_line(plain) or ""
    if plain in found if field == "authors" else plain == (found or ""):
        return ""
    return _text_difference(plain, found or "", feed, path) if field == "text" else _line_difference(field, plain)


def _line_difference(field: str, plain: str) -> str:
    if field == "authors" and "@" in plain:
        return "authors: names only, without addresses"
    if field == "language" and not plain:
        return "language: none stated, we take that of the feed"
    if field == "external_id" and plain.endswith("/relative/link"):
        return "external_id: kept as stated, as the feed may move"
    if _TEST_SERVER.match(plain):
        return f"{field}: relative to the test server, which the file does not name"
    return field


def _text_difference(plain: str, found: str, feed: Feed, path: Path) -> str:
    if plain.split() == found.split():
        return "text: other line ends"
    if not found and any(isinstance(record, Draft) and record.title == plain for record in feed.records):
        return "text: it only repeats the title"
    if "sanitize" in path.name:
        return "text: sanitising, which we leave to plain text"
    return "text: content and summary differ, we take the longest" if len(found) > len(plain) else "text"


def _date_difference(expected: Sequence[int], found: Any) -> str:
    dated = date_article(found, None, None, _LATER).published_at
    return "" if dated and dated.timetuple()[:6] == tuple(expected[:6]) else "date"
