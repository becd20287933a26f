"""A hostile HTTP server on the loopback interface: what it answers depends on the path."""

import socket
import socketserver
import threading
import time
import zlib
from collections.abc import Callable, Iterator

import brotli
import zstandard

MEGABYTE = 2**20
HOSTS = 100
FEED = b"<rss version='2.0'><channel><title>Wire</title><item><title>Estmark refused.</title></item></channel></rss>"
SECONDS = 20  # that an answer without end goes on


def answer(body: bytes = FEED, *headers: str, status: str = "200 OK", length: object = None) -> bytes:
    stated = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(stated).encode("latin-1") + b"\r\n\r\n" + body


def to(location: str) -> bytes:
    return answer(b"", f"Location: {location}", status="302 Found")


def encoded(encoding: str, body: bytes) -> bytes:
    return answer(body, f"Content-Encoding: {encoding}")


def gzipped(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        packer = zlib.compressobj(9, wbits=31)
        data = packer.compress(data) + packer.flush()
    return data


def endless(piece: bytes, pause: float = 0, start: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Iterator[bytes]:
    end = time.monotonic() + SECONDS
    yield start
    while time.monotonic() < end:
        yield piece
        time.sleep(pause)


ZEROS = bytes(200 * MEGABYTE)
BOMBS = {  # made before anybody asks: the clock of who asks is running
    "gzip": lambda: encoded("gzip", gzipped(ZEROS * 5)),
    "deflate": lambda: encoded("deflate", zlib.compress(ZEROS)),
    "brotli": lambda: encoded("br", brotli.compress(ZEROS, quality=1)),
    "zstandard": lambda: encoded("zstd", zstandard.compress(ZEROS)),
    "gzip-twice": lambda: encoded("gzip, gzip", gzipped(ZEROS, 2)),
    "gzip-often": lambda: encoded("gzip, gzip, gzip, gzip, gzip", gzipped(FEED, 5)),
}
ANSWERS: dict[str, Callable[[], bytes | Iterator[bytes]]] = {
    "feed": answer,
    "encoding-unknown": lambda: encoded("rot13", FEED),
    "endless": lambda: endless(b"x" * MEGABYTE),
    "endless-chunks": lambda: endless(b"1\r\nx\r\n", start=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "drip": lambda: endless(b"x", 0.1),
    "drip-headers": lambda: endless(b"X: x\r\n", 0.1, b"HTTP/1.1 200 OK\r\n"),
    "continue": lambda: endless(b"HTTP/1.1 100 Continue\r\n\r\n", start=b""),
    "many-headers": lambda: answer(FEED, *(f"X-{n}: x" for n in range(100_000))),
    "long-header": lambda: answer(FEED, "X: " + "x" * 10 * MEGABYTE),
    "long-status": lambda: answer(FEED, status="200 " + "x" * 10 * MEGABYTE),
    "loop": lambda: to("/loop"),
    "chain": lambda: to(f"/chain?{time.monotonic()}"),
    "to-file": lambda: to("file:///etc/passwd"),
    "to-ftp": lambda: to("ftp://127.0.0.1/x"),
    "to-port": lambda: to("http://127.0.0.1:22/"),
    "to-nowhere": lambda: to("http://[::"),
    "to-escapes": lambda: to("http://127.0.0.1/\x1b[2J\x07"),
    "too-long": lambda: answer(FEED, length=10**9),
    "too-short": lambda: answer(FEED, length=20),
    "negative": lambda: answer(FEED, length=-5),
    "no-number": lambda: answer(FEED, length="many"),
    "two-lengths": lambda: answer(FEED, "Content-Length: 7"),
    "chunks": lambda: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + FEED,
    "chunk-too-large": lambda: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n" + FEED,
    "charset": lambda: answer(FEED, "Content-Type: application/rss+xml; charset=klingon"),
    "page": lambda: answer(b"<!doctype html><html><body>No feed</body></html>", "Content-Type: application/rss+xml"),
    "empty": lambda: answer(b""),
    "escapes": lambda: answer(b"", status="500 \x1b[2J\x1b]0;owned\x07"),
    "garbage": lambda: b"\x00\xff" * 1_000 + b"\r\n\r\n",
    "nothing": lambda: b"",
    "unasked": lambda: answer(b"", status="304 Not Modified"),
}


class Handler(socketserver.StreamRequestHandler):
    """Answers one request and hangs up."""

    def handle(self) -> None:
        path = self.rfile.readline().split()[1].decode().strip("/").partition("?")[0]
        while self.rfile.readline().strip():
            pass
        made = bombs.get(path) or ANSWERS[path]()
        try:
            for piece in [made] if isinstance(made, bytes) else made:
                self.connection.sendall(piece)
        except OSError:
            return
        self.connection.shutdown(socket.SHUT_WR)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


def serve() -> None:
    """Listen on many addresses of the loopback network, at one port, and say which: each is a host of its own."""
    first = Server(("127.0.0.1", 0), Handler)
    port = first.server_address[1]
    servers = [first, *(Server((f"127.0.0.{number}", port), Handler) for number in range(2, HOSTS))]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    bombs = {name: make() for name, make in BOMBS.items()}
    serve()
