"""Read files and feeds: every record becomes an article or a reject that says why not.

``reasons.toml`` lists what can be wrong and ``mappings.toml`` where the fields of an article are looked for. What is
mended instead of rejected: invalid UTF-8 and lone surrogates become U+FFFD, control characters are dropped, a date
that cannot be read or lies more than 48 hours ahead becomes null with ``published_from`` saying so. A broken record
costs itself only; a broken file what comes behind the break.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Literal

import apache_beam as beam

from schemas.article import Article
from schemas.reject import SAMPLE_CHARACTERS, Reject
from schemas.source import Download, Failure, Source
from transforms.addresses import printable, redact
from transforms.clean import bom_encoding, clean_language, clean_line, clean_text, decode
from transforms.counters import count
from transforms.dates import date_article
from transforms.document_reader import read_feed_apart, read_page_apart
from transforms.draft import Draft, Flaw
from transforms.files import FORMATS, split_suffixes
from transforms.parquet import read_parquet
from transforms.records import read_csv, read_json, read_jsonl
from transforms.streams import Stream, open_stream, read_whole
from transforms.warc import read_warc

REASONS: Mapping[str, str] = tomllib.loads(files("transforms").joinpath("reasons.toml").read_text("utf-8"))

_JSON_FEED = re.compile(rb"""\s*\{.*"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org""", re.S)
_SIGNATURES = (
    (re.compile(rb"PAR1"), "parquet"),
    (re.compile(rb"WARC/\d"), "warc"),
    (re.compile(rb"\s*[\[{]"), "json"),
    (re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S), "html"),
    (re.compile(rb"\s*<(?:\?xml|rss|feed|rdf:rdf)\b", re.I), "feed"),
)

MOST_REJECTS = 10_000

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """How to read.

    ``mapping``: our field -> their column, from ``parse_mapping``. ``max_characters``: of title and text together.
    ``since`` <= published_at < ``until``: aware datetimes; articles without a date stay. ``limit``: articles per
    worker.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    default_language: str | None = None
    max_characters: int = 1_000_000
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None


def utc_now() -> datetime:
    """Return the time as aware UTC."""
    return datetime.now(UTC)


def read_source(source: Source, settings: ReadSettings, clock: Clock = utc_now) -> Iterator[Article | Reject]:
    """Yield the articles and rejects of one file or feed, one by one. Never raises for what is in it.

    Counts ``records``, which is ``articles_read`` + ``rejects_read`` + ``outside_period``.
    """
    try:
        for item in _until_hopeless(_read(source, settings, clock()), _name(source)):
            count("records")
            if isinstance(item, Article) and not _is_inside(item.published_at, settings):
                count("outside_period")
                continue
            count("articles_read" if isinstance(item, Article) else "rejects_read")
            yield item
    except Exception as error:  # whatever a file does to a parser: its neighbours go on
        count("records")
        count("rejects_read")
        yield reject_of(_name(source), Flaw(reason="unreadable", detail=f"{type(error).__name__}: {error}"))


def _name(source: Source) -> str:
    """Return how the tables call a source."""
    return printable(redact(source.uri))


def _until_hopeless(items: Iterator[Article | Reject], uri: str) -> Iterator[Article | Reject]:
    """Yield the items, but none behind ``MOST_REJECTS`` rejects when there were fewer articles."""
    articles = rejects = 0
    for item in items:
        yield item
        articles += isinstance(item, Article)
        rejects += isinstance(item, Reject)
        if rejects >= MOST_REJECTS and rejects > articles:
            detail = f"{rejects} bad ones, {articles} articles"
            yield reject_of(uri, Flaw(reason="mostly_bad", detail=detail, position=item.position))
            return


def detect_format(source: Source, head: bytes) -> str | None:
    """Return the format by name or suffix, else by the first bytes; None for what cannot be read."""
    if source.is_feed:
        return "feed"
    known = FORMATS.get(split_suffixes(source.uri)[0])
    found = known or next((name for pattern, name in _SIGNATURES if pattern.match(head)), None)
    if found == "json" and _JSON_FEED.match(head):
        return "feed"
    return found or ("text" if bom_encoding(head) or b"\0" not in head else None)


def _read(source: Source, settings: ReadSettings, now: datetime) -> Iterator[Article | Reject]:
    uri, position, fetched = _name(source), None, source.fetched
    if isinstance(fetched, Failure):
        yield reject_of(uri, Flaw(reason=fetched.reason, detail=fetched.detail), "fetch")
        return
    with open_stream(fetched.path, split_suffixes(fetched.url)[1]) if fetched else open_stream(source.uri) as stream:
        source_format = detect_format(source, stream.head())
        for record in _read_format(source_format, stream, settings, fetched):
            position = record.position
            yield _finish(record, uri, source_format or "", settings, fetched.fetched_at if fetched else now)
        if stream.damage:
            yield reject_of(uri, replace(stream.damage, position=position))


def _read_format(
    source_format: str | None, stream: Stream, settings: ReadSettings, fetched: Download | None
) -> Iterator[Draft | Flaw]:
    match source_format:
        case "jsonl":
            return read_jsonl(stream, settings.mapping)
        case "json":
            return read_json(stream, settings.mapping)
        case "csv":
            return read_csv(stream, settings.mapping)
        case "parquet":
            return read_parquet(stream, settings.mapping)
        case "warc":
            return read_warc(stream)
        case "text" | "html" | "feed":
            return _read_document(source_format, stream, fetched)
    return iter([Flaw(reason="unknown_format", sample=stream.head())])


def _read_document(source_format: str, stream: Stream, fetched: Download | None) -> Iterator[Draft | Flaw]:
    """Read what has to be in memory as a whole: a text, a page, a feed."""
    data = read_whole(stream)
    if data is None:
        return iter(() if stream.damage else [Flaw(reason="too_large")])
    if source_format == "feed":
        return _read_feed(data, fetched)
    return iter([read_page_apart(data) if source_format == "html" else Draft(text=decode(data))])


def _read_feed(data: bytes, fetched: Download | None) -> Iterator[Draft | Flaw]:
    """Read a feed. A file without entries is a flaw; at an address there may be some later, so it is only counted."""
    feed = read_feed_apart(data, address=fetched.url, charset=fetched.charset) if fetched else read_feed_apart(data)
    if feed.is_malformed:
        count("feeds_malformed")
    if feed.is_empty:
        count("feeds_empty")
    missing = (Flaw(reason="no_entries"),) if feed.is_empty and not fetched else ()
    return iter(feed.records or missing)


def _finish(
    record: Draft | Flaw, uri: str, source_format: str, settings: ReadSettings, now: datetime
) -> Article | Reject:
    """Return the article of a draft, or the reject of a flaw."""
    if isinstance(record, Flaw):
        return reject_of(uri, record)
    title, text = clean_line(record.title), clean_text(record.text or "")
    if flaw := length_flaw(record, title or "", text, settings.max_characters):
        return reject_of(uri, flaw)
    url, fetched_at = clean_line(record.url), record.fetched_at or now
    dated = date_article(record.published, record.updated, url, fetched_at)
    return Article(
        title=title,
        text=text,
        external_id=clean_line(record.external_id),
        url=url,
        language=clean_language(record.language) or settings.default_language,
        authors=tuple(name for name in map(clean_line, record.authors) if name),
        source_name=clean_line(record.source_name),
        source_uri=uri,
        source_format=record.source_format or source_format,
        position=record.position,
        published_at=dated.published_at,
        published_from=dated.published_from,
        fetched_at=fetched_at,
    )


def length_flaw(draft: Draft, title: str, text: str, max_characters: int) -> Flaw | None:
    """Return why the clean title and text of a draft are too long or too little for an article."""
    length = len(title) + len(text)
    if length > max_characters:
        detail = f"{length} characters, allowed are {max_characters}"
        return Flaw(reason="too_long", detail=detail, position=draft.position, sample=title or text[:SAMPLE_CHARACTERS])
    if not length:
        detail = f"the keys are {', '.join(draft.keys)}" if draft.keys else ""
        return Flaw(reason="empty", detail=detail, position=draft.position)
    return None


def reject_of(uri: str, flaw: Flaw, stage: str = "read") -> Reject:
    """Return the reject that a flaw of a source becomes; its detail is the reason's sentence and what is known."""
    sample = decode(flaw.sample) if isinstance(flaw.sample, bytes) else flaw.sample
    return Reject(
        stage=stage,
        source_uri=uri,
        position=flaw.position,
        reason=flaw.reason,
        detail=clean_text(f"{REASONS[flaw.reason]}: {flaw.detail}" if flaw.detail else REASONS[flaw.reason]),
        sample=clean_text(sample)[:SAMPLE_CHARACTERS] if sample else None,
    )


def _is_inside(published_at: datetime | None, settings: ReadSettings) -> bool:
    if published_at is None:
        return True
    too_early = settings.since is not None and published_at < settings.since
    return not too_early and (settings.until is None or published_at < settings.until)


class _ReadFn(beam.DoFn):
    """Reads sources one record at a time, until the limit is reached."""

    def __init__(self, settings: ReadSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._left = settings.limit

    def process(self, source: Source) -> Iterator[Article | beam.pvalue.TaggedOutput[Literal["rejects"], Reject]]:
        if self._left == 0:
            return
        for item in read_source(source, self._settings, self._clock):
            if isinstance(item, Reject):
                yield beam.pvalue.TaggedOutput("rejects", item)
                continue
            yield item
            if self._left is not None:
                self._left -= 1
                if self._left == 0:
                    return


@dataclass
class ReadArticles(beam.PTransform[beam.PCollection[Source], beam.pvalue.DoOutputsTuple]):
    """Turn sources into articles; the output tagged ``rejects`` holds what became none."""

    settings: ReadSettings
    clock: Clock = utc_now

    def expand(self, sources: beam.PCollection[Source]) -> beam.pvalue.DoOutputsTuple:
        """Return the outputs ``articles`` and ``rejects``."""
        read = beam.ParDo(_ReadFn(self.settings, self.clock)).with_outputs("rejects", main="articles")
        outputs: beam.pvalue.DoOutputsTuple = sources | "Read" >> read
        return outputs
