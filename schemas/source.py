"""Where articles come from: one file or one feed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One file or address to read.

    ``uri`` is an absolute path, a Beam filesystem path (``gs://...``) or an http(s) address. ``is_feed`` is true for
    what was named as a feed, whatever its suffix. ``size`` is in bytes as stored, None where it is not known before.
    """

    uri: str
    is_feed: bool = False
    size: int | None = None
