"""Fetch addresses with manners and limits.

http(s) only, public addresses only, bounded size and time, few redirects, one request per host at a time with a pause
between two. What the server says of its content (validators, freshness, where it has moved) comes back with it.
"""

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import Message
from importlib.metadata import version
from typing import Protocol
from urllib.parse import unquote, urljoin, urlsplit

import urllib3

from transforms.addresses import hide_secrets, redact, without_user
from transforms.connect import Network, NotAllowed, Watch, pool_manager
from transforms.freshness import fresh_seconds, retry_seconds
from transforms.turns import Turns

DEADLINE_SECONDS = 60.0  # for everything, as a server that drips bytes never runs into a read timeout
PAUSE_SECONDS = 1.0
LARGEST_CONTENT = 15 * 2**20  # bytes, unpacked
MOST_REDIRECTS = 5
USER_AGENT = f"communique/{version('communique')}"

_PIECE = 2**16
_MOST_ENCODINGS = 2  # a body packed twice is odd, a body packed five times is a bomb
_LONGEST_VALIDATOR = 1_000  # characters
# Reasons that say that a host does not answer at all: asking it for more would only take more time.
SILENT = frozenset({"fetch_failed", "too_slow"})

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
# What writing to a sink raises and no connection does: not the server's fault.
_FROM_SINK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
_UNCLEAN = re.compile(r"[\x00-\x1f\x7f]")


class Sink(Protocol):
    """Where content goes."""

    def write(self, data: bytes, /) -> int:
        """Take some bytes."""


class FetchError(Exception):
    """An address could not be fetched; ``reason`` is a key of ``reasons.toml``.

    ``status`` is the HTTP status if there was one, ``retry_seconds`` how long the server asks to be left alone.
    """

    def __init__(self, reason: str, detail: str, *, status: int | None = None, retry_seconds: float = 0) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.status = status
        self.retry_seconds = retry_seconds


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask it "has this changed?" with: byte for byte, as Latin-1."""

    etag: str | None = None
    modified: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the request's headers."""
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in stated.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a server answered.

    ``url`` is the last address after redirects, without credentials; ``moved_to`` the address to ask from now on, if
    the server said so; ``is_changed`` is false when it answered 304; ``fresh_seconds`` how long it says that nothing
    new will come.
    """

    url: str
    is_changed: bool
    charset: str | None = None
    validators: Validators = Validators()
    fresh_seconds: float = 0
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """How to fetch; plain values that can be sent to a worker. ``pause`` and ``deadline`` are in seconds."""

    allow_private: bool = False
    pause: float = PAUSE_SECONDS
    deadline: float = DEADLINE_SECONDS
    user_agent: str = USER_AGENT

    def fetcher(self) -> "Fetcher":
        """Return a fetcher."""
        return Fetcher(Network(self.allow_private), Turns(self.pause), self.deadline, self.user_agent)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches addresses, from any number of threads. ``deadline`` is in seconds for one address with its redirects."""

    network: Network = field(default_factory=Network)
    turns: Turns = field(default_factory=lambda: Turns(PAUSE_SECONDS))
    deadline: float = DEADLINE_SECONDS
    user_agent: str = USER_AGENT

    def fetch(self, url: str, sink: Sink, validators: Validators = Validators()) -> Fetched:
        """Fetch an http(s) address into a file. Raises FetchError, without credentials in its text."""
        left, moved_to = self.deadline, None
        is_permanent = True
        for _ in range(MOST_REDIRECTS + 1):
            hop = self._hop(url, sink, validators, left)
            if isinstance(hop, Fetched):
                if not hop.is_changed and not validators.headers():
                    raise FetchError("http_status", f"{redact(url)}: 304 to a first request", status=304)
                return replace(hop, moved_to=moved_to)
            is_permanent = is_permanent and hop.is_permanent
            url, left = hop.location, hop.seconds_left
            moved_to = url if is_permanent else moved_to
        raise FetchError("too_many_redirects", f"{redact(url)}: more than {MOST_REDIRECTS} redirects")

    def _hop(self, url: str, sink: Sink, validators: Validators, left: float) -> "Fetched | _Hop":
        """Send one request, in its host's turn; waiting for the turn does not count."""
        watch = Watch(self.network)
        with self.turns.turn(host_of(url)) as seconds, _errors_as_fetch_errors(url, watch, self.deadline):
            with watch.limit(max(left, 0)):
                answer = self._ask(watch, url, sink, validators)
                if watch.is_over:  # a connection that is shut looks like the end of the content
                    raise TimeoutError
            return answer if isinstance(answer, Fetched) else replace(answer, seconds_left=left - seconds())

    def _ask(self, watch: Watch, url: str, sink: Sink, validators: Validators) -> "Fetched | _Hop":
        parts = urlsplit(url)
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
        headers = urllib3.make_headers(user_agent=self.user_agent, accept_encoding=True, basic_auth=user)
        response = pool_manager(watch).request(
            "GET",
            without_user(url).partition("#")[0],
            headers={**headers, **validators.headers()},
            preload_content=False,
            redirect=False,
            retries=False,
        )
        try:
            return _read_answer(response, url, sink)
        finally:
            response.close()


@dataclass(frozen=True, slots=True)
class _Hop:
    location: str
    is_permanent: bool
    seconds_left: float = 0


def _read_answer(response: urllib3.BaseHTTPResponse, url: str, sink: Sink) -> Fetched | _Hop:
    headers = response.headers
    location = headers.get("Location")
    if response.status in _REDIRECTS and location:
        return _Hop(urljoin(url, _latin_to_utf8(location)), response.status in _PERMANENT)
    now = datetime.now(UTC)
    if response.status not in {200, 304}:
        detail = f"{redact(url)}: {response.status} {_UNCLEAN.sub(' ', response.reason or '')[:200]}"
        if response.status == 410:
            raise FetchError("gone", detail, status=410)
        wait = retry_seconds(headers.get("Retry-After"), now)
        raise FetchError("http_status", detail, status=response.status, retry_seconds=wait)
    is_changed = response.status == 200
    if is_changed:
        _copy(response, sink)
    return Fetched(
        url=redact(url),
        is_changed=is_changed,
        charset=_charset(headers),
        validators=Validators(_validator(headers, "ETag"), _validator(headers, "Last-Modified")),
        fresh_seconds=fresh_seconds(headers, now),
    )


def _copy(response: urllib3.BaseHTTPResponse, sink: Sink) -> None:
    """Write the unpacked content, read in small pieces so that it never grows far beyond its cap."""
    encodings = response.headers.get("Content-Encoding", "").split(",")
    if len(encodings) > _MOST_ENCODINGS:
        raise FetchError("too_large", f"packed {len(encodings)} times")
    size = 0
    while piece := response.read1(_PIECE, decode_content=True):
        size += len(piece)
        if size > LARGEST_CONTENT:
            raise FetchError("too_large", f"more than {LARGEST_CONTENT} bytes")
        sink.write(piece)


@contextmanager
def _errors_as_fetch_errors(url: str, watch: Watch, deadline: float) -> Iterator[None]:
    try:
        yield
    except FetchError:
        raise
    except NotAllowed as error:
        raise FetchError("not_allowed", f"{redact(url)}: {error}") from None
    except Exception as error:  # urllib3, ssl and socket have their own trees of errors
        if isinstance(error, OSError) and error.errno in _FROM_SINK:
            raise
        if watch.is_over:
            raise FetchError("too_slow", f"{redact(url)}: not done within {deadline:g} seconds") from None
        detail = f"{type(error).__name__}: {error}"
        raise FetchError("fetch_failed", f"{redact(url)}: {hide_secrets(detail, url)}") from None


def host_of(url: str) -> str:
    """Return the host of an http(s) address. Raises FetchError for other addresses."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise FetchError("fetch_failed", f"{redact(url)}: {hide_secrets(str(error), url)}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FetchError("not_allowed", redact(url))
    return parts.hostname


def _charset(headers: Mapping[str, str]) -> str | None:
    stated = Message()
    stated["Content-Type"] = _UNCLEAN.sub(" ", headers.get("Content-Type", ""))
    return stated.get_content_charset()


def _validator(headers: Mapping[str, str], name: str) -> str | None:
    """Return a validator as it came, None when it could not be sent back."""
    value = headers.get(name)
    return value if value and len(value) <= _LONGEST_VALIDATOR and not _UNCLEAN.search(value) else None


def _latin_to_utf8(location: str) -> str:
    """Return a header's address with the characters that were sent as bare UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location
