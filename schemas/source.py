"""Where articles come from: one file or one feed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Download:
    """A feed's content, fetched before the run: ``path`` holds it, ``url`` is the last address after redirects."""

    path: str
    url: str
    charset: str | None
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """A feed that could not be fetched; ``reason`` is a key of ``reasons.toml``."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file or feed to read.

    ``uri`` is an absolute path, a Beam filesystem path (``gs://...``) or, with ``fetched``, the http(s) address that
    the feed was asked for at, without credentials. ``is_feed`` is true for what was named as a feed, whatever its
    suffix. ``size`` is in bytes as stored, None where it is not known before.
    """

    uri: str
    is_feed: bool = False
    size: int | None = None
    fetched: Download | Failure | None = None
