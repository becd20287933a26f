"""An article as it was read from a source, and the ids that follow from its content."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from schemas.ids import stable_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article of one source.

    ``title`` and ``text`` are clean: valid Unicode, no control characters but newline and tab. Offsets of sentences
    and triggers count characters (code points) of these two fields. ``published_at`` and ``fetched_at`` are aware UTC.
    ``stated_hash`` is the hash of what a feed said where ``text`` is that of the page it links to.
    """

    title: str | None
    text: str
    external_id: str | None = None
    url: str | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    source_name: str | None = None
    source_uri: str
    source_format: str
    position: int | None = None
    published_at: datetime | None = None
    published_from: str | None = None
    fetched_at: datetime | None = None
    revision: int = 1
    stated_hash: str | None = None

    @property
    def article_id(self) -> str:
        """Return the id that stays when the article is edited or read from another place.

        The source's own id counts within the host of the article's address (or the source's name); without one the
        address counts, and without that the content.
        """
        if self.external_id is not None:
            return stable_id("id", urlsplit_host(self.url) or self.source_name, self.external_id)
        if self.url is not None:
            return stable_id("url", self.url)
        return stable_id("content", self.content_hash)

    @property
    def content_hash(self) -> str:
        """Return a hash of title and text as the source states them: equal hashes mean that nothing was edited."""
        return self.stated_hash or _hash_of(self.title, self.text)


@lru_cache(maxsize=1)  # each event of an article asks for it
def _hash_of(title: str | None, text: str) -> str:
    return stable_id(title, text)


def urlsplit_host(url: str | None) -> str | None:
    """Return the lower-case host of an address, None when there is none or the address is broken."""
    try:
        return urlsplit(url or "").hostname
    except ValueError:
        return None
