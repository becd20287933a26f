"""A real HTTP server on loopback that answers as a test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """One answer; a header's value may be a list, for several lines of one name."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What came in; names of headers are in lower case."""

    path: str
    headers: dict[str, str]


Route = Answer | Callable[[Request], Answer] | Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Looks the path up in the routes of its server."""

    protocol_version = "HTTP/1.0"
    server: "Loopback"

    def do_GET(self) -> None:
        request = Request(self.path, {name.lower(): value for name, value in self.headers.items()})
        self.server.seen.append(request)
        route = self.server.routes.get(self.path.partition("?")[0], Answer(status=404))
        with suppress(OSError):  # the client may have gone
            if isinstance(route, Raw):
                route.send(self)
            else:
                self.answer(route if isinstance(route, Answer) else route(request))

    def answer(self, answer: Answer) -> None:
        """Send an answer as it stands."""
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Raw:
    """A route that writes to the connection by itself."""

    send: Callable[[Handler], None]


class Loopback(ThreadingHTTPServer):
    """Serves ``routes``; ``seen`` lists the requests."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), Handler)
        self.routes: dict[str, Answer | Raw | Callable[[Request], Answer]] = {}
        self.seen: list[Request] = []

    @property
    def url(self) -> str:
        """Return the address of the server without a path."""
        return f"http://{self.server_address[0]}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


@contextmanager
def serving(host: str = "127.0.0.1") -> Iterator[Loopback]:
    """Run a server while the block runs."""
    server = Loopback(host)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def rss(*items: str, title: str = "Estmark Daily") -> bytes:
    """Return a feed of some items."""
    return f'<rss version="2.0"><channel><title>{title}</title>{"".join(items)}</channel></rss>'.encode()


def item(number: int, text: str = "", *, date: str = "Tue, 22 Apr 2025 10:00:00 GMT") -> str:
    """Return an item with an id of its own."""
    text = text or f"Estmark rejected plan {number} on Monday. No talks are scheduled."
    return (
        f"<item><title>Estmark rejects plan {number}</title><guid>est-{number}</guid>"
        f"<link>https://estmark.example/{number}</link><description>{text}</description><pubDate>{date}</pubDate></item>"
    )
