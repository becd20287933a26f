"""What the readers of the single formats hand on: drafts of articles, and flaws where there is none."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One article as its source states it, before cleaning.

    ``published`` and ``updated`` are whatever the source has: text, a number, a datetime. ``source_format`` and
    ``fetched_at`` are set where the record knows better than its file.
    """

    position: int | None = None
    title: str | None = None
    text: str | None = None
    external_id: str | None = None
    url: str | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    source_name: str | None = None
    published: object = None
    updated: object = None
    source_format: str | None = None
    fetched_at: datetime | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A record that became no draft. ``reason`` is a key of ``reasons.toml``, ``detail`` what it does not say."""

    reason: str
    detail: str = ""
    position: int | None = None
    sample: str | bytes | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed holds. ``is_malformed``: it is broken, though entries of it could be read."""

    records: tuple[Draft | Flaw, ...] = ()
    is_malformed: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether it is a feed, but one without entries."""
        return not self.records
