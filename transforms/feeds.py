"""Entries of RSS, Atom and JSON Feed files as drafts of articles.

feedparser is called here only, on bytes only, and with two of its functions guarded against documents that make it
run for minutes or raise: entity declarations and impossible characters are dropped, and authors cut, before it looks
at them.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import feedparser
import feedparser.api
import feedparser.mixin

from transforms.clean import clean_line, clean_text, decode, html_to_text
from transforms.counters import count
from transforms.draft import Draft, Flaw

LONGEST_AUTHOR = 1_000  # characters
_SAMPLE = 1_000
_EMAIL = re.compile(r"^\s*[^\s@()]+@[^\s()]+\s*\((.+)\)\s*$|^\s*([^<>]*[^<>\s])\s*<[^<>\s]+@[^<>\s]+>\s*$")
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|(\d+));?")
_REPLACEMENT = "\ufffd".encode()
_LONGEST_REFERENCE = 12  # bytes
_HTML = re.compile(rb"<(?:!doctype\s+)?html\b", re.IGNORECASE)

_replace_doctype = feedparser.api.replace_doctype
_sync_author_detail = feedparser.mixin._FeedParserMixin._sync_author_detail


def _replace_guarded_doctype(data: bytes) -> Any:
    """Drop entity declarations and references to characters that do not exist; feedparser raises at those."""
    return _replace_doctype(_REFERENCE.sub(_existing_character, data.replace(b"<!ENTITY", b"")))


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


feedparser.api.replace_doctype = _replace_guarded_doctype
feedparser.mixin._FeedParserMixin._sync_author_detail = _sync_short_author_detail


def read_feed(data: bytes, *, address: str | None = None, charset: str | None = None) -> Iterator[Draft | Flaw]:
    """Yield a draft for each entry, counted from 1, or one flaw when none can be read.

    ``address`` is where the feed was fetched from: relative links count from there; ``charset`` is what the server said
    of its encoding. A feed without entries yields nothing. ``feeds_malformed`` counts broken feeds of which entries
    could be read, ``feeds_empty`` those without any.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _read_json_feed(data)
    return _read_xml_feed(data, _headers(address, charset))


def _headers(address: str | None, charset: str | None) -> dict[str, str]:
    """Return the headers of a fetched feed. The media type is made up: with text/xml feedparser would expect ASCII."""
    if not address:
        return {}
    return {
        "content-location": address,
        "content-type": "application/xml" + (f"; charset={charset}" if charset else ""),
    }


def _read_xml_feed(data: bytes, headers: dict[str, str]) -> Iterator[Draft | Flaw]:
    try:
        parsed = feedparser.parse(
            io.BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # feedparser raises whatever its parsers do
        yield Flaw(reason="malformed_feed", detail=f"{type(error).__name__}: {error}", sample=data[:_SAMPLE])
        return
    if flaw := _feed_flaw(parsed, data):
        yield flaw
        return
    source_format = "atom" if parsed.version.startswith("atom") else "rss"
    for position, entry in enumerate(parsed.entries, start=1):
        yield _draft_of_entry(entry, position, parsed.feed, source_format)


def _feed_flaw(parsed: Any, data: bytes) -> Flaw | None:
    """Return why there are no entries, None when there are some or the feed just has none; count broken feeds."""
    if parsed.entries:
        if parsed.bozo:
            count("feeds_malformed")
        return None
    if not parsed.get("version"):
        detail = "it is an HTML page" if _HTML.search(data[:_SAMPLE]) else ""
        return Flaw(reason="not_a_feed", detail=detail, sample=data[:_SAMPLE])
    if parsed.bozo:
        return Flaw(reason="malformed_feed", detail=str(parsed.get("bozo_exception", "")), sample=data[:_SAMPLE])
    count("feeds_empty")
    return None


def _draft_of_entry(entry: Any, position: int, feed: Any, source_format: str) -> Draft:
    contents = entry.get("content") or []
    markups = [*(content.get("value") for content in contents), entry.get("summary")]
    title = _plain(entry.get("title"))
    source = entry.get("source") or {}
    return Draft(
        position=position,
        title=title,
        text=_longest((html_to_text(markup) for markup in markups if isinstance(markup, str)), title),
        external_id=entry.get("id"),
        url=entry.get("link"),
        language=_language(entry, contents, feed),
        authors=_entry_authors(entry),
        source_name=_plain(source.get("title")) or _plain(feed.get("title")),
        # dict.get, because feedparser's own gives "published" for an "updated" that is missing
        published=dict.get(entry, "published"),
        updated=dict.get(entry, "updated"),
        source_format=source_format,
    )


def _plain(markup: Any) -> str | None:
    """Return markup as one plain line."""
    return clean_line(html_to_text(markup)) if isinstance(markup, str) else None


def _longest(texts: Iterable[str], title: str | None) -> str:
    """Return the longest text, empty when it only repeats the title."""
    text = max(texts, key=len, default="")
    return "" if clean_line(text) == title else text


def _language(entry: Any, contents: Any, feed: Any) -> str | None:
    """Return the language of the content, of the title or of the feed."""
    details = [*contents, entry.get("title_detail") or {}]
    stated = [*(detail.get("language") for detail in details), feed.get("language")]
    return next((language for language in stated if language), None)


def _entry_authors(entry: Any) -> tuple[str, ...]:
    names = [author.get("name") or author.get("email") for author in entry.get("authors") or []]
    return tuple(name for name in map(_plain, names or [entry.get("author")]) if name)


def _read_json_feed(data: bytes) -> Iterator[Draft | Flaw]:
    try:
        feed = json.loads(decode(data), strict=False)
    except (ValueError, RecursionError) as error:
        yield Flaw(reason="bad_json", detail=str(error), sample=data[:_SAMPLE])
        return
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in str(feed.get("version", "")):
        yield Flaw(reason="not_a_feed", sample=data[:_SAMPLE])
        return
    if not items:
        count("feeds_empty")
    for position, item in enumerate(items, start=1):
        if isinstance(item, dict):
            yield _draft_of_item(item, position, feed)
        else:
            yield Flaw(reason="not_an_object", position=position, sample=str(item)[:_SAMPLE])


def _draft_of_item(item: Mapping[str, Any], position: int, feed: Mapping[str, Any]) -> Draft:
    title = _plain(item.get("title"))
    plain = (item.get("content_text"), item.get("summary"))
    texts = [html_to_text(_string(item.get("content_html")) or "")]
    texts += [clean_text(text) for text in plain if isinstance(text, str)]
    external_id = item.get("id")
    return Draft(
        position=position,
        title=title,
        text=_longest(texts, title),
        external_id=None if external_id is None else str(external_id),
        url=_string(item.get("url")) or _string(item.get("external_url")),
        language=_string(item.get("language")) or _string(feed.get("language")),
        authors=_item_authors(item) or _item_authors(feed),
        source_name=_plain(feed.get("title")),
        published=item.get("date_published"),
        updated=item.get("date_modified"),
        source_format="json_feed",
    )


def _item_authors(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of ``authors`` (version 1.1) or ``author`` (version 1)."""
    listed = item.get("authors")
    authors = listed if isinstance(listed, list) else [item.get("author")]
    names = [_string(author.get("name")) for author in authors if isinstance(author, dict)]
    return tuple(name for name in names if name)


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None
