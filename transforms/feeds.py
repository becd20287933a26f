"""Entries of RSS, Atom and JSON Feed files as drafts of articles.

feedparser is called here only, on bytes only, and with some of its functions guarded against documents that make it
run for minutes or raise: entity declarations and impossible characters are dropped before it looks at them, authors
are cut, and it stops at the entry behind ``MOST_ENTRIES``. What gets past the guards is up to ``document_child``, which
runs this module in a process of its own; so it imports nothing that is slow to start.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import feedparser
import feedparser.api
import feedparser.mixin

from transforms.clean import bom_encoding, clean_line, clean_text, decode, html_to_text
from transforms.draft import Draft, Feed, Flaw

MOST_ENTRIES = 10_000
LONGEST_AUTHOR = 1_000  # characters
_SAMPLE = 1_000
_EMAIL = re.compile(r"^\s*[^\s@()]+@[^\s()]+\s*\((.+)\)\s*$|^\s*([^<>]*[^<>\s])\s*<[^<>\s]+@[^<>\s]+>\s*$")
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|(\d+));?")
_REPLACEMENT = "\ufffd".encode()
_LONGEST_REFERENCE = 12  # bytes
_HTML = re.compile(rb"<(?:!doctype\s+)?html\b", re.IGNORECASE)
_STARTS = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_ENTRY_TAG = re.compile(rb"<(?:[\w.-]{1,32}:)?(?:item|entry)[\s/>]", re.IGNORECASE)

_replace_doctype = feedparser.api.replace_doctype
_Mixin = feedparser.mixin._FeedParserMixin
_sync_author_detail = _Mixin._sync_author_detail
_start_item = _Mixin._start_item
_end_guid = _Mixin._end_guid


class _EnoughEntriesError(Exception):
    """Stops feedparser; ``parser`` holds what it has read."""

    def __init__(self, parser: Any) -> None:
        super().__init__()
        self.parser = parser


def _replace_guarded_doctype(data: bytes) -> Any:
    """Drop entity declarations and references to characters that do not exist; feedparser raises at those.

    Something has to stay in place of ``<!ENTITY``, or what stands around it could make a new one.
    """
    return _replace_doctype(_REFERENCE.sub(_existing_character, data.replace(b"<!ENTITY", b"<!-")))


def _existing_character(reference: re.Match[bytes]) -> bytes:
    if len(reference[0]) > _LONGEST_REFERENCE:
        return _REPLACEMENT
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    exists = code in {9, 10, 13} or 32 <= code < 0xD800 or 0xDFFF < code <= 0x10FFFF
    return reference[0] if exists else _REPLACEMENT


def _sync_short_author_detail(self: Any, key: str = "author") -> None:
    context = self._get_context()
    author = context.get(key)
    if isinstance(author, str):
        # feedparser's own split of name and e-mail address fails on top-level domains of more than four letters
        context[key] = _EMAIL.sub(r"\1\2", author[:LONGEST_AUTHOR])
    _sync_author_detail(self, key)


def _start_counted_item(self: Any, attributes: Any) -> None:
    if len(self.entries) == MOST_ENTRIES:
        raise _EnoughEntriesError(self)
    _start_item(self, attributes)


def _end_stated_guid(self: Any) -> None:
    """Keep an id as it is stated, or it would change with the address of the feed; only as a link it is relative."""
    _end_guid(self)
    context = self._get_context()
    if self.guidislink and isinstance(link := context.get("link"), str) and link == context.get("id"):
        context["link"] = self.resolve_uri(link)


def _pass_over(_self: Any, _attributes: Any = None) -> None:
    """Handle an element that has the name of one of feedparser's own lists, which it would put itself in place of."""


feedparser.api.replace_doctype = _replace_guarded_doctype
_Mixin._sync_author_detail = _sync_short_author_detail
_Mixin._start_item = _Mixin._start_entry = _start_counted_item
_Mixin._end_guid = _Mixin._end_id = _end_stated_guid
_Mixin.can_be_relative_uri = _Mixin.can_be_relative_uri - {"id"}
for _name in ("authors", "contributors", "enclosures", "links"):
    setattr(_Mixin, f"_start_{_name}", _pass_over)
    setattr(_Mixin, f"_end_{_name}", _pass_over)


def read_feed(data: bytes, *, address: str | None = None, charset: str | None = None) -> Feed:
    """Return a draft for each entry, counted from 1, or one flaw when none can be read.

    ``address`` is where the feed was fetched from: relative links count from there; ``charset`` is what the server said
    of its encoding. Raises nothing but MemoryError.
    """
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return Feed(tuple(_read_json_feed(data)))
        return _read_xml_feed(data, _headers(address, _evident_encoding(data) or charset))
    except MemoryError:
        raise
    except Exception as error:  # feedparser raises whatever its parsers do
        return Feed((_flaw("malformed_feed", data, f"{type(error).__name__}: {error}"),))


def _flaw(reason: str, data: bytes, detail: str = "") -> Flaw:
    return Flaw(reason=reason, detail=detail, sample=decode(data[:_SAMPLE]))


def _headers(address: str | None, charset: str | None) -> dict[str, str]:
    """Return the headers of a fetched feed. The media type is made up: with text/xml feedparser would expect ASCII."""
    headers = {"content-location": address} if address else {}
    if address or charset:
        headers["content-type"] = "application/xml" + (f"; charset={charset}" if charset else "")
    return headers


def _evident_encoding(data: bytes) -> str | None:
    """Return what the first bytes show beyond doubt; feedparser takes UTF-16 that is not declared for UTF-8."""
    marked = bom_encoding(data)
    return marked[0] if marked else next((name for start, name in _STARTS if data.startswith(start)), None)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What feedparser found. ``error`` says what is wrong with the document, None when nothing is."""

    version: str
    feed: Mapping[str, Any]
    entries: list[Any]
    error: str | None = None
    is_cut: bool = False


def _parse(data: bytes, headers: dict[str, str]) -> _Parsed:
    try:
        found = feedparser.parse(
            io.BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except _EnoughEntriesError as enough:
        parser = enough.parser
        return _Parsed(parser.version, parser.feeddata, parser.entries, is_cut=True)
    error = str(found.get("bozo_exception", "")) if found.bozo else None
    return _Parsed(found.get("version") or "", found.feed, found.entries, error)


def _read_xml_feed(data: bytes, headers: dict[str, str]) -> Feed:
    parsed = _parse(data, headers)
    if not parsed.entries:
        flaw = _feed_flaw(parsed, data)
        return Feed((flaw,) if flaw else ())
    common = Draft(
        language=_string(parsed.feed.get("language")),
        source_name=_plain(parsed.feed.get("title")),
        source_format="atom" if parsed.version.startswith("atom") else "rss",
    )
    entries = enumerate(parsed.entries, start=1)
    records: list[Draft | Flaw] = [_draft_of_entry(entry, position, common) for position, entry in entries]
    if parsed.is_cut:
        seen = len(_ENTRY_TAG.findall(data.replace(b"\0", b"")))  # without the zeros of UTF-16 and UTF-32
        records.append(_too_many(f"about {max(seen, MOST_ENTRIES + 1)}"))
    return Feed(tuple(records), is_malformed=parsed.error is not None)


def _too_many(number: str) -> Flaw:
    return Flaw(reason="too_many_entries", detail=f"there are {number}, read were the first {MOST_ENTRIES}")


def _feed_flaw(parsed: _Parsed, data: bytes) -> Flaw | None:
    """Return why there are no entries, None when the feed just has none."""
    if not parsed.version:
        return _flaw("not_a_feed", data, "it is an HTML page" if _HTML.search(data[:_SAMPLE]) else "")
    return None if parsed.error is None else _flaw("malformed_feed", data, parsed.error)


def _draft_of_entry(entry: Any, position: int, common: Draft) -> Draft:
    # An element that feedparser does not know can have the name of one of its keys, so each may hold anything.
    contents = _dicts(entry.get("content"))
    markups = [*(content.get("value") for content in contents), entry.get("summary")]
    title = _plain(entry.get("title"))
    source = entry.get("source")
    source_title = source.get("title") if isinstance(source, dict) else None
    return replace(
        common,
        position=position,
        title=title,
        text=_longest((html_to_text(markup) for markup in markups if isinstance(markup, str)), title),
        external_id=_string(entry.get("id")),
        url=_string(entry.get("link")),
        language=_language([*contents, *_dicts([entry.get("summary_detail"), entry.get("title_detail")])])
        or common.language,
        authors=_entry_authors(entry),
        source_name=_plain(source_title) or common.source_name,
        # dict.get, because feedparser's own gives "published" for an "updated" that is missing
        published=_string(dict.get(entry, "published")),
        updated=_string(dict.get(entry, "updated")),
    )


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _plain(markup: Any) -> str | None:
    """Return markup as one plain line."""
    return clean_line(html_to_text(markup)) if isinstance(markup, str) else None


def _longest(texts: Iterable[str], title: str | None) -> str:
    """Return the longest text, empty when it only repeats the title."""
    text = max(texts, key=len, default="")
    return "" if clean_line(text) == title else text


def _language(details: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the first language that is stated."""
    return next((language for language in (_string(detail.get("language")) for detail in details) if language), None)


def _entry_authors(entry: Any) -> tuple[str, ...]:
    names = [author.get("name") or author.get("email") for author in _dicts(entry.get("authors"))]
    return tuple(name for name in map(_plain, names or [entry.get("author")]) if name)


def _read_json_feed(data: bytes) -> Iterator[Draft | Flaw]:
    try:
        feed = json.loads(decode(data), strict=False)
    except (ValueError, RecursionError) as error:
        yield _flaw("bad_json", data, str(error))
        return
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in str(feed.get("version", "")):
        yield _flaw("not_a_feed", data)
        return
    common = Draft(
        language=_string(feed.get("language")),
        authors=_item_authors(feed),
        source_name=_plain(feed.get("title")),
        source_format="json_feed",
    )
    for position, item in enumerate(items[:MOST_ENTRIES], start=1):
        if isinstance(item, dict):
            yield _draft_of_item(item, position, common)
        else:
            yield Flaw(reason="not_an_object", position=position, sample=str(item)[:_SAMPLE])
    if len(items) > MOST_ENTRIES:
        yield _too_many(str(len(items)))


def _draft_of_item(item: Mapping[str, Any], position: int, common: Draft) -> Draft:
    title = _plain(item.get("title"))
    plain = (item.get("content_text"), item.get("summary"))
    texts = [html_to_text(_string(item.get("content_html")) or "")]
    texts += [clean_text(text) for text in plain if isinstance(text, str)]
    external_id = item.get("id")
    return replace(
        common,
        position=position,
        title=title,
        text=_longest(texts, title),
        external_id=None if external_id is None else str(external_id),
        url=_string(item.get("url")) or _string(item.get("external_url")),
        language=_string(item.get("language")) or common.language,
        authors=_item_authors(item) or common.authors,
        published=_scalar(item.get("date_published")),
        updated=_scalar(item.get("date_modified")),
    )


def _item_authors(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of ``authors`` (version 1.1) or ``author`` (version 1)."""
    listed = item.get("authors")
    authors = listed if isinstance(listed, list) else [item.get("author")]
    names = [_string(author.get("name")) for author in authors if isinstance(author, dict)]
    return tuple(name for name in names if name)


def _scalar(value: Any) -> object:
    return str(value) if isinstance(value, list | dict) else value


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None
