"""What is known of a feed from one poll to the next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.ids import stable_id

CLOCK_SLACK = timedelta(seconds=1)  # a look every five minutes is to meet a feed that is fresh for five minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """The state of one feed after its last poll; ``OUTPUT/state/`` keeps it.

    ``url`` is the address as configured, without credentials. ``etag`` and ``modified`` are the server's validators,
    byte for byte; ``digest`` is that of the content last read. Times are aware UTC; before ``next_check`` the feed is
    not asked for. ``failures`` counts polls that failed since the last good one, ``error`` says why the last did.
    ``moved_to`` is where the server said, for good, that the feed is now; ``is_gone`` that it will not come back.
    """

    feed_id: str
    url: str
    etag: str | None = None
    modified: str | None = None
    digest: str | None = None
    checked_at: datetime | None = None
    changed_at: datetime | None = None
    next_check: datetime | None = None
    status: str = "new"
    failures: int = 0
    error: str | None = None
    moved_to: str | None = None
    is_gone: bool = False

    def is_due(self, now: datetime) -> bool:
        """Tell whether the feed may be asked for. A clock that was set back since the last poll makes it due."""
        if self.is_gone:
            return False
        is_set_back = self.checked_at is not None and now < self.checked_at
        return is_set_back or self.next_check is None or self.next_check <= now + CLOCK_SLACK


def feed_id(address: str) -> str:
    """Return the id of a feed's address; feeds that differ in their credentials only are two."""
    return stable_id("feed", address)
