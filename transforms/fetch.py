"""Fetch one address with limits: http(s) only, public addresses only, bounded size and time, few redirects."""

import ipaddress
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_SECONDS = 10
READ_SECONDS = 20
DEADLINE_SECONDS = 60  # for everything, as a server that drips bytes never runs into a read timeout
LARGEST_CONTENT = 15 * 2**20  # bytes, unpacked
MOST_REDIRECTS = 5

_PIECE = 2**16
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # leads to any IPv4 address, private ones too
_USER_AGENT = f"communique/{version('communique')}"
_USER = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)([^/?#]*@)")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class FetchError(Exception):
    """An address could not be fetched; ``reason`` is a key of ``reasons.toml``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server sent: the last address after redirects, the unpacked content, the charset it stated."""

    url: str
    content: bytes
    charset: str | None = None


def fetch(url: str, *, allow_private: bool = False, deadline: float = DEADLINE_SECONDS) -> Fetched:
    """Fetch an http(s) address within ``deadline`` seconds. Raises FetchError, without credentials in its text."""
    watch = _Watch(allow_private)
    with watch.limit(deadline):
        try:
            fetched = _follow(_pool_manager(watch), url)
        except FetchError:
            raise
        except Exception as error:  # urllib3, ssl and socket have their own trees of errors
            detail = _late(deadline) if watch.is_over else f"{type(error).__name__}: {error}"
            raise FetchError("fetch_failed", f"{redact(url)}: {_hide_password(detail, url)}") from None
        if watch.is_over:  # a connection that is shut looks like the end of the content
            raise FetchError("fetch_failed", f"{redact(url)}: {_late(deadline)}")
        return fetched


def redact(url: str) -> str:
    """Return an address without user name and password; other text as it is."""
    return _USER.sub(r"\1", url)


def _late(deadline: float) -> str:
    return f"not done within {deadline:g} seconds"


def _follow(pools: urllib3.PoolManager, url: str) -> Fetched:
    """Request an address and those that it redirects to."""
    for _ in range(MOST_REDIRECTS + 1):
        response = _request(pools, url)
        try:
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location:
                url = urljoin(url, location)
                continue
            if response.status != 200:
                raise FetchError("http_status", f"{redact(url)}: {response.status} {response.reason}")
            return Fetched(redact(url), _content(response), _charset(response))
        finally:
            response.close()
    raise FetchError("fetch_failed", f"{redact(url)}: more than {MOST_REDIRECTS} redirects")


def _request(pools: urllib3.PoolManager, url: str) -> urllib3.BaseHTTPResponse:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FetchError("not_allowed", redact(url))
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    headers = urllib3.make_headers(user_agent=_USER_AGENT, accept_encoding=True, basic_auth=user)
    return pools.request(
        "GET", redact(url).partition("#")[0], headers=headers, preload_content=False, redirect=False, retries=False
    )


def _content(response: urllib3.BaseHTTPResponse) -> bytes:
    """Return the unpacked content, read in small pieces so that it never grows far beyond its cap."""
    content = bytearray()
    while piece := response.read1(_PIECE, decode_content=True):
        content += piece
        if len(content) > LARGEST_CONTENT:
            raise FetchError("too_large", f"more than {LARGEST_CONTENT} bytes")
    return bytes(content)


def _charset(response: urllib3.BaseHTTPResponse) -> str | None:
    stated = Message()
    stated["Content-Type"] = response.headers.get("Content-Type", "")
    return stated.get_content_charset()


class _Watch:
    """The connections of one fetch: says where they may lead, and cuts them when time is over."""

    def __init__(self, allow_private: bool) -> None:
        self.is_over = False
        self._allow_private = allow_private
        self._sockets: list[socket.socket] = []

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Cut all connections that are open after some seconds."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            for connection in self._sockets:
                connection.close()

    def connect(self, host: str, port: int, timeout: Any) -> socket.socket:
        """Connect to one of the addresses of a host that were looked at: a second look-up might give others."""
        addresses = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        refused = [address for address in addresses if not (self._allow_private or is_public(address))]
        if refused:
            raise FetchError("not_allowed", f"{host} is {refused[0]}")
        connection = _connect_first(addresses, port, timeout)
        self._sockets.append(connection.dup())  # TLS takes the original over
        return connection

    def _cut(self) -> None:
        self.is_over = True
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def is_public(address: str) -> bool:
    """Tell whether an IP address, and what it stands for, is on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return is_public(str(inner))
        if ip in _NAT64:
            return False
    return ip.is_global and not ip.is_multicast


def _connect_first(addresses: list[str], port: int, timeout: Any) -> socket.socket:
    """Connect to the first address that answers."""
    errors: list[OSError] = []
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            errors.append(error)
    raise errors[-1] if errors else OSError("the host has no address")


def _pool_manager(watch: _Watch) -> urllib3.PoolManager:
    """Return urllib3's pools with connections that the watch makes."""

    class Http(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return watch.connect(self._dns_host, self.port, self.timeout)

    class Https(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return watch.connect(self._dns_host, self.port, self.timeout)

    class HttpPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Https

    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    pools = urllib3.PoolManager(timeout=timeout, ca_certs=certifi.where())
    pools.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
    return pools


def _hide_password(text: str, url: str) -> str:
    """Return an error's text without the user name and password of the address."""
    user = _USER.match(url)
    return text.replace(user[2], "") if user else text
