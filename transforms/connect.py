"""Connections to the public internet only: names are looked up once, and what they give is looked at before use."""

import ipaddress
import socket
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

CONNECT_SECONDS = 10
READ_SECONDS = 20

# All that IPv6 gives out for the internet; 64:ff9b::/96 and ::/96, which lead to any IPv4 address, lie outside.
_UNICAST = ipaddress.ip_network("2000::/3")
_PORTS = tomllib.loads(files("transforms").joinpath("ports.toml").read_text("utf-8"))
_OTHER_SERVICES = frozenset(_PORTS["refused"] + _PORTS["services"])
_MOST_TRIED = 3  # addresses of a host


class NotAllowed(Exception):
    """A connection would lead to where none may go."""


def resolve_host(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host as the system gives them."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def connect_address(address: str, port: int, timeout: float) -> socket.socket:
    """Connect to an IP address."""
    return socket.create_connection((address, port), timeout)


@dataclass(frozen=True, slots=True)
class Network:
    """How names are looked up and connections made; ``allow_private`` also allows what is not on the internet."""

    allow_private: bool = False
    resolve: Callable[[str, int], list[str]] = resolve_host
    connect: Callable[[str, int, float], socket.socket] = connect_address

    def open(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect to one of the addresses of a host that were looked at: a second look-up might give others."""
        if port in _OTHER_SERVICES:
            raise NotAllowed(f"port {port} is no port for pages and feeds")
        addresses = self.resolve(host, port)
        refused = [address for address in addresses if not (self.allow_private or is_public(address))]
        if refused:
            raise NotAllowed(f"{host} is {refused[0]}")
        return self._first(addresses, port, timeout)

    def _first(self, addresses: list[str], port: int, timeout: float) -> socket.socket:
        """Connect to the first address that answers."""
        errors: list[OSError] = []
        for address in addresses[:_MOST_TRIED]:
            try:
                return self.connect(address, port, timeout)
            except OSError as error:
                errors.append(error)
        raise errors[-1] if errors else OSError("the host has no address")


def is_public(address: str) -> bool:
    """Tell whether an IP address, and what it stands for, is on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST:
            return False
    return ip.is_global and not ip.is_multicast


class Watch:
    """The connections of one fetch: made by the network, cut when time is over."""

    def __init__(self, network: Network) -> None:
        self.is_over = False
        self._network = network
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
            self._sockets.clear()

    def connect(self, host: str, port: int, timeout: Any) -> socket.socket:
        """Connect to a host and keep hold of the connection."""
        connection = self._network.open(host, port, timeout)
        self._sockets.append(connection.dup())  # TLS takes the original over
        return connection

    def _cut(self) -> None:
        self.is_over = True
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@cache
def _ssl_context() -> Any:
    """Return the context of all connections: reading the certificates takes longer than a request."""
    context = create_urllib3_context()
    context.load_verify_locations(certifi.where())
    return context


def pool_manager(watch: Watch) -> urllib3.PoolManager:
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
    pools = urllib3.PoolManager(timeout=timeout, ssl_context=_ssl_context(), cert_reqs="CERT_REQUIRED")
    pools.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
    return pools
