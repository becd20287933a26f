"""Poll feeds: ask those that are due, many hosts at a time, and note what each answered.

What was fetched lies below the run's staging folder until the graph has read it. The new states are only returned:
they become true together with the tables.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from pipeline.options import FetchOptions
from schemas.feed import FeedState, feed_id
from schemas.source import Download, Failure, Source
from transforms.addresses import has_secrets, redact
from transforms.fetch import (
    SILENT,
    USER_AGENT,
    Fetched,
    Fetcher,
    FetchError,
    FetchSettings,
    Validators,
    host_of,
)
from transforms.turns import ask_hosts

_FIRST_BACKOFF, _LONGEST_BACKOFF = timedelta(minutes=5), timedelta(days=1)
_TOO_MANY_REQUESTS = timedelta(minutes=15)  # where the server does not say how long

Outcome = Literal["changed", "unchanged", "failed", "gone", "waiting", "postponed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Polled:
    """What became of one feed. ``source`` is what there is to read of it, ``state`` what to know the next time."""

    outcome: Outcome
    state: FeedState
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls feeds into ``folder``.

    ``conditional`` is false where all content is wanted, changed or not; ``on_schedule`` where feeds are to be asked
    although they are not due, or gone.
    """

    fetcher: Fetcher
    folder: Path
    now: datetime
    conditional: bool = True
    on_schedule: bool = True

    def poll(self, addresses: Iterable[str], known: Mapping[str, FeedState]) -> list[Polled]:
        """Ask all feeds that are due; return what became of each, sorted by address."""
        states = [self._state_of(address, known) for address in addresses]
        due: list[tuple[str, tuple[str, FeedState]]] = []
        polled: list[Polled] = []
        for address, state in states:
            if self.on_schedule and not state.is_due(self.now):
                polled.append(Polled("gone" if state.is_gone else "waiting", state))
            else:
                due.append((_host(state.moved_to or address), (address, state)))
        self.folder.mkdir(parents=True, exist_ok=True)
        polled += ask_hosts(due, self._poll_feed, _is_silent, _postponed)
        return sorted(polled, key=lambda each: each.state.url)

    def _state_of(self, address: str, known: Mapping[str, FeedState]) -> tuple[str, FeedState]:
        fresh = FeedState(feed_id=feed_id(address), url=redact(address))
        return address, known.get(fresh.feed_id, fresh)

    def _poll_feed(self, feed: tuple[str, FeedState]) -> Polled:
        address, state = feed
        path = self.folder / state.feed_id
        validators = Validators(state.etag, state.modified) if self.conditional else Validators()
        try:
            with open(path, "wb") as file:
                sink = _Digesting(file)
                fetched = self.fetcher.fetch(state.moved_to or address, sink, validators)
        except FetchError as error:
            path.unlink()
            return self._failed(state, error)
        return self._answered(state, fetched, path, sink.hexdigest())

    def _answered(self, state: FeedState, fetched: Fetched, path: Path, digest: str) -> Polled:
        is_changed = fetched.is_changed and not (self.conditional and digest == state.digest)
        moved_to = fetched.moved_to if fetched.moved_to and not has_secrets(fetched.moved_to) else state.moved_to
        state = replace(
            state,
            checked_at=self.now,
            next_check=self.now + timedelta(seconds=fetched.fresh_seconds),
            status="ok",
            failures=0,
            error=None,
            moved_to=moved_to,
        )
        if fetched.is_changed and self.conditional:
            etag, modified = fetched.validators.etag, fetched.validators.modified
            state = replace(state, etag=etag, modified=modified, digest=digest)
        if not is_changed:
            path.unlink()
            return Polled("unchanged", state)
        download = Download(str(path), fetched.url, fetched.charset, datetime.now(UTC))
        source = Source(state.url, is_feed=True, size=path.stat().st_size, fetched=download)
        return Polled("changed", replace(state, changed_at=self.now), source)

    def _failed(self, state: FeedState, error: FetchError) -> Polled:
        failures = state.failures + 1
        wait_for = max(timedelta(seconds=error.retry_seconds), backoff(failures, error.status))
        state = replace(
            state,
            checked_at=self.now,
            next_check=self.now + wait_for,
            status=error.reason,
            failures=failures,
            error=error.detail,
            moved_to=None,  # the next poll begins at the address that was configured
            is_gone=error.reason == "gone",
        )
        source = Source(state.url, is_feed=True, fetched=Failure(error.reason, error.detail))
        return Polled("gone" if state.is_gone else "failed", state, source)


def backoff(failures: int, status: int | None) -> timedelta:
    """Return how long to leave a feed alone after so many failures on end: the first one costs nothing."""
    if status == 429:
        return max(_TOO_MANY_REQUESTS, _doubled(failures))
    return _doubled(failures) if failures > 1 else timedelta(0)


def _doubled(failures: int) -> timedelta:
    return min(_FIRST_BACKOFF * (1 << min(max(failures - 2, 0), 20)), _LONGEST_BACKOFF)


def with_flaws(states: Iterable[FeedState], flaws: Mapping[str, tuple[str, str]]) -> list[FeedState]:
    """Return the states with what is wrong with the content of some, by address: reason and detail.

    Content that could not be read is asked for again as if it had never come.
    """
    return [_with_flaw(state, *flaws[state.url]) if state.url in flaws else state for state in states]


def _with_flaw(state: FeedState, reason: str, detail: str) -> FeedState:
    if state.status != "ok":
        return state
    return replace(state, status=reason, error=detail, etag=None, modified=None, digest=None)


def fetch_settings(options: FetchOptions) -> FetchSettings:
    """Return how to fetch, as the options say."""
    return FetchSettings(
        allow_private=options.allow_private_addresses,
        pause=options.host_pause,
        deadline=options.fetch_seconds,
        user_agent=options.user_agent or USER_AGENT,
    )


def count_outcomes(polled: Iterable[Polled]) -> dict[str, int]:
    """Return how many feeds changed, stayed as they were, failed, and so on; nothing when there were none."""
    counted = Counter(each.outcome for each in polled)
    return {outcome: counted[outcome] for outcome in OUTCOMES} if counted else {}


def _is_silent(polled: Polled) -> bool:
    return polled.state.status in SILENT


def _postponed(feed: tuple[str, FeedState]) -> Polled:
    return Polled("postponed", feed[1])


def _host(address: str) -> str:
    try:
        return host_of(address)
    except FetchError:
        return ""


class _Digesting:
    """A file that knows the digest of what was written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.blake2b(digest_size=16)

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return self._file.write(data)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()
