"""Fetch the pages that entries of feeds link to, where robots.txt allows it, and read their text.

The feed's text stays where the page has no more to say or cannot be had; the reject says why. What counts as changed
is the feed's entry, so that a page whose menus change makes no revision.
"""

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput
from protego import Protego

from schemas.article import Article, urlsplit_host
from schemas.reject import Reject
from transforms.addresses import redact
from transforms.clean import clean_text, decode
from transforms.counters import count
from transforms.document_reader import read_page_apart
from transforms.draft import Draft, Flaw
from transforms.fetch import SILENT, Fetcher, FetchError, FetchSettings
from transforms.read import length_flaw, reject_of
from transforms.turns import ask_hosts

PAGES_AT_ONCE = 200
LARGEST_ROBOTS = 512_000  # bytes; RFC 9309 asks for at least 500 KiB
ROBOTS_SECONDS = 86_400.0  # RFC 9309: robots.txt should not be kept for longer than a day
RETRY_SECONDS = 300.0  # until a robots.txt that could not be had is asked for again
LONGEST_DELAY = 30.0  # seconds that a robots.txt can ask to wait between two pages
_FEED_FORMATS = frozenset({"rss", "atom", "json_feed"})


@dataclass(frozen=True, slots=True)
class FullTextSettings:
    """How to fetch pages, and how many characters of title and text an article may have."""

    fetch: FetchSettings
    max_characters: int


class Robots:
    """What the robots.txt files of sites allow; each is fetched once a day. Safe for threads of different hosts."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._sites: dict[str, tuple[float, Protego | FetchError]] = {}

    def allow(self, url: str) -> bool:
        """Tell whether a page may be fetched; keep to the pause that the site asks for.

        RFC 9309: a missing file allows everything, one that cannot be had nothing. Raises FetchError where the site
        does not answer at all.
        """
        parts = urlsplit(url)
        site = urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))
        if site not in self._sites or self._sites[site][0] < time.monotonic():
            found = self._fetch(site)
            seconds = RETRY_SECONDS if isinstance(found, FetchError) else ROBOTS_SECONDS
            self._sites[site] = (time.monotonic() + seconds, found)
        rules = self._sites[site][1]
        if isinstance(rules, FetchError):
            if rules.status is None:
                raise FetchError(rules.reason, rules.detail)
            return False
        delay = rules.crawl_delay(self._fetcher.user_agent) or 0.0
        self._fetcher.turns.slow_down(parts.hostname or "", min(delay, LONGEST_DELAY))
        return bool(rules.can_fetch(url, self._fetcher.user_agent))

    def _fetch(self, site: str) -> Protego | FetchError:
        content = io.BytesIO()
        try:
            self._fetcher.fetch(site, content)
        except FetchError as error:
            is_missing = error.status is not None and 400 <= error.status < 500 and error.status != 429
            return Protego.parse("") if is_missing else error
        return Protego.parse(decode(content.getvalue()[:LARGEST_ROBOTS]))


@dataclass(frozen=True, slots=True)
class Read:
    """An article, with its page's text where that could be had, else with the reject that says why not."""

    article: Article
    reject: Reject | None = None


class PageReader:
    """Reads the pages of articles, many hosts at a time."""

    def __init__(self, fetcher: Fetcher, max_characters: int) -> None:
        self._fetcher = fetcher
        self._max_characters = max_characters
        self._robots = Robots(fetcher)

    def read(self, articles: Sequence[Article]) -> list[Read]:
        """Return the articles, those of feeds with the text of their pages."""
        asked = [(urlsplit_host(article.url) or "", article) for article in articles if _has_page(article)]
        others = [Read(article) for article in articles if not _has_page(article)]
        return others + ask_hosts(asked, self.read_page, _is_silent, _put_off)

    def read_page(self, article: Article) -> Read:
        """Return one article with the text of its page."""
        url = article.url or ""
        content = io.BytesIO()
        try:
            if not self._robots.allow(url):
                raise FetchError("robots", redact(url))
            fetched = self._fetcher.fetch(url, content)
        except FetchError as error:
            return _refused(article, Flaw(reason=error.reason, detail=error.detail), "fetch")
        return self._with_text(article, read_page_apart(content.getvalue(), url=fetched.url))

    def _with_text(self, article: Article, page: Draft | Flaw) -> Read:
        if isinstance(page, Flaw):
            return _refused(article, page, "read")
        text = clean_text(page.text or "")
        if flaw := length_flaw(page, article.title or "", text, self._max_characters):
            return _refused(article, flaw, "read")
        if len(text) <= len(article.text):
            return Read(article)
        count("full_texts")
        return Read(replace(article, text=text, stated_hash=article.content_hash))


@cache
def page_reader(settings: FullTextSettings) -> PageReader:
    """Return the one reader of this process: what it knows of sites serves the next run, too."""
    return PageReader(settings.fetch.fetcher(), settings.max_characters)


def _has_page(article: Article) -> bool:
    is_address = (article.url or "").startswith(("http://", "https://"))
    return is_address and article.source_format in _FEED_FORMATS


def _is_silent(read: Read) -> bool:
    return read.reject is not None and read.reject.reason in SILENT


def _put_off(article: Article) -> Read:
    flaw = Flaw(reason="fetch_failed", detail=f"{redact(article.url or '')}: its host did not answer before")
    return _refused(article, flaw, "fetch")


def _refused(article: Article, flaw: Flaw, stage: str) -> Read:
    return Read(article, reject_of(redact(article.url or ""), flaw, stage))


class _ReadPagesFn(beam.DoFn):
    """Reads the pages of a batch of articles."""

    def __init__(self, settings: FullTextSettings) -> None:
        self._settings = settings

    def setup(self) -> None:
        self._reader = page_reader(self._settings)

    def process(self, batch: Sequence[Article]) -> Iterator[Article | TaggedOutput[Literal["rejects"], Reject]]:
        for read in self._reader.read(batch):
            yield read.article
            if read.reject is not None:
                yield TaggedOutput("rejects", read.reject)


@dataclass
class FetchFullText(beam.PTransform[beam.PCollection[Article], beam.pvalue.DoOutputsTuple]):
    """Give articles of feeds the text of their pages; the output tagged ``rejects`` says whose could not be had."""

    settings: FullTextSettings

    def expand(self, articles: beam.PCollection[Article]) -> beam.pvalue.DoOutputsTuple:
        """Return the outputs ``articles``, all that came in, and ``rejects``."""
        batches = articles | "Batch" >> beam.BatchElements(min_batch_size=PAGES_AT_ONCE, max_batch_size=PAGES_AT_ONCE)
        read = beam.ParDo(_ReadPagesFn(self.settings)).with_outputs("rejects", main="articles")
        outputs: beam.pvalue.DoOutputsTuple = batches | "ReadPages" >> read
        return outputs
