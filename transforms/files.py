"""Which files and feeds to read: patterns and lists become sources."""

import glob
import html
import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from apache_beam.io.filesystems import FileSystems
from defusedxml import ElementTree

from schemas.errors import UsageError, UserError
from schemas.source import Source
from transforms.clean import decode

COMPRESSIONS = frozenset({".gz", ".bz2", ".zst"})
FORMATS = {
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".xml": "feed",
    ".rss": "feed",
    ".atom": "feed",
    ".rdf": "feed",
    ".warc": "warc",
}
_XML_ENCODING = re.compile(rb"\s*<\?xml[^>]{1,200}encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,32};)")
_XML_URL = re.compile(r"""\bxmlUrl\s*=\s*["']([^"'<>]+)["']""", re.IGNORECASE)
_LARGEST_LIST = 15 * 2**20  # bytes of a list of feeds


def expand_inputs(patterns: Iterable[str]) -> list[Source]:
    """Return the files of some paths, folders, globs and Beam filesystem addresses, sorted, each once.

    Folders are read to their bottom: files with a known suffix that are not hidden. A pattern may name any file.
    Raises UserError for a pattern without a file.
    """
    sources = {source.uri: source for pattern in patterns for source in _expand(pattern)}
    return [sources[uri] for uri in sorted(sources)]


@dataclass(frozen=True, slots=True)
class Feeds:
    """Feeds to read: those to be fetched from their addresses, and files."""

    addresses: tuple[str, ...]
    files: tuple[Source, ...]


def find_feeds(named: Iterable[str], lists: Iterable[str]) -> Feeds:
    """Return the feeds that are named one by one and those of some lists, sorted, each once.

    Raises UsageError and UserError for what is named and cannot be, and for lists that cannot be read. What is wrong
    with a single line of a list shows when it is read.
    """
    addresses = {_checked_address(item) for item in named if is_address(item)}
    files = {file.uri: file for item in named if not is_address(item) for file in _expand(item)}
    for item in (item for path in lists for item in read_feed_list(path)):
        if is_address(item):
            addresses.add(item)
        else:
            files.setdefault(item, _local_source(item))
    feeds = [Source(uri, is_feed=True, size=files[uri].size) for uri in sorted(files)]
    return Feeds(tuple(sorted(addresses)), tuple(feeds))


def read_feed_list(path: str) -> list[str]:
    """Return the feeds that an OPML, TOML or plain text file lists, each once, in its order.

    TOML: ``feeds = ["https://...", ...]`` or tables ``[[feeds]]`` with ``url``. Text: one address a line, ``#`` starts
    a comment. Files are relative to the list. Raises UserError for a list that cannot be read or holds no feed.
    """
    try:
        with FileSystems.open(os.fspath(path)) as file:
            found = list(_listed(path, file.read(_LARGEST_LIST)))
    except (OSError, ValueError, SyntaxError) as error:
        raise UserError(f"cannot read the list of feeds {path}: {error}") from error
    folder = os.path.dirname(os.path.abspath(path))
    feeds = [item if is_address(item) else os.path.join(folder, item) for item in map(_plain_address, found)]
    if not feeds:
        raise UserError(f"no feed in {path}: expected OPML, TOML (feeds = [...]) or one address a line")
    return list(dict.fromkeys(feeds))


def is_address(text: str) -> bool:
    """Tell whether the text names something by scheme, such as ``https://...``, and is no local path."""
    return "://" in text


def split_suffixes(uri: str) -> tuple[str, str]:
    """Return the suffixes for format and compression in lower case; empty where there is none."""
    path = urlsplit(uri).path if uri.startswith(("http://", "https://")) else uri
    stem, suffix = os.path.splitext(path.lower())
    return (os.path.splitext(stem)[1], suffix) if suffix in COMPRESSIONS else (suffix, "")


def _expand(pattern: str) -> list[Source]:
    """Return the files of one pattern; raise UserError when there is none."""
    if pattern.startswith(("http://", "https://")):
        raise UsageError(f"--input reads files, {pattern} is an address: name it with --feed")
    found = _expand_remote(pattern) if is_address(pattern) else list(_expand_local(pattern))
    if not found:
        raise UserError(f"no input file found for {pattern}: {_missing_hint(pattern)}")
    return found


def _missing_hint(pattern: str) -> str:
    if os.path.isdir(pattern):
        return f"the folder holds no file with a known suffix ({' '.join(FORMATS)}, also with .gz .bz2 .zst)"
    if glob.has_magic(pattern):
        return "nothing matches; put the pattern into quotes, ** goes through folders"
    return "there is no such file or folder; check the spelling"


def _expand_local(pattern: str) -> Iterator[Source]:
    path = os.path.expanduser(pattern)
    matches = [path] if os.path.exists(path) else glob.iglob(path, recursive=True)
    for match in matches:
        if os.path.isdir(match):
            yield from _walk(match)
        else:
            yield _local_source(match)


def _walk(folder: str) -> Iterator[Source]:
    """Yield the files below a folder that have a known suffix and are not hidden, and the folders that are closed."""
    closed: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and split_suffixes(name)[0] in FORMATS:
                yield _local_source(os.path.join(parent, name))
    for error in closed:
        yield _local_source(error.filename)


def _local_source(path: str) -> Source:
    size = os.path.getsize(path) if os.path.isfile(path) else None
    return Source(os.path.abspath(path), size=size)


def _expand_remote(pattern: str) -> list[Source]:
    """Return what Beam's filesystem finds for the pattern, or below it when it is a folder."""
    below = pattern.rstrip("/") + "/**"
    try:
        exact = [] if pattern.endswith("/") else FileSystems.match([pattern])[0].metadata_list
        matches = exact or [m for m in FileSystems.match([below])[0].metadata_list if _is_listed(m.path)]
    except Exception as error:  # each filesystem has its own errors
        raise UserError(f"cannot list {pattern}: {error}") from error
    return [Source(match.path, size=match.size_in_bytes) for match in matches]


def _is_listed(path: str) -> bool:
    return not os.path.basename(path).startswith(".") and split_suffixes(path)[0] in FORMATS


def _checked_address(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"cannot fetch {address}: a feed is an http(s) address or a file")
    return address


def _plain_address(item: str) -> str:
    """Return an address without the ``feed:`` scheme that some lists put before it."""
    if item.lower().startswith("feed://"):
        return "http://" + item[len("feed://") :]
    return item[len("feed:") :] if item.lower().startswith("feed:") else item


def _listed(path: str, data: bytes) -> Iterator[str]:
    declared = _XML_ENCODING.match(data)
    text = decode(data, declared[1].decode("ascii") if declared else None)
    if text.lstrip().startswith("<"):
        return _listed_in_opml(text.strip())
    if path.lower().endswith(".toml"):
        return _listed_in_toml(tomllib.loads(text))
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return (line for line in lines if line and not line.startswith("#"))


def _listed_in_opml(text: str) -> Iterator[str]:
    """Yield the addresses of an OPML list, also of a broken one: stray quotes and tags are common."""
    try:
        root = ElementTree.fromstring(_BARE_AMPERSAND.sub("&amp;", text))
    except ElementTree.ParseError:
        yield from (html.unescape(address).strip() for address in _XML_URL.findall(text))
        return
    for outline in root.iter():
        for name, value in outline.attrib.items():
            if name.lower() == "xmlurl" and value.strip():
                yield value.strip()


def _listed_in_toml(data: dict[str, Any]) -> Iterator[str]:
    for feed in data.get("feeds", []):
        address = feed.get("url") if isinstance(feed, dict) else feed
        if not isinstance(address, str) or not address:
            raise ValueError("every feed has to be an address, or a table with url")
        yield address
