import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import transforms.fetch
from transforms.fetch import Fetched, FetchError, fetch, is_public, redact

FEED = b"<rss version='2.0'/>"


class Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))  # type: ignore[attr-defined]
        getattr(self, f"answer_{self.path.strip('/').split('/')[0]}")()

    def answer(self, content: bytes, *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def answer_feed(self) -> None:
        self.answer(FEED, Content_Type="application/rss+xml; charset=ISO-8859-1")

    def answer_gone(self) -> None:
        self.answer(b"", status=410)

    def answer_packed(self) -> None:
        self.answer(gzip.compress(b"x" * 50_000), Content_Encoding="gzip")

    def answer_moved(self) -> None:
        self.answer(b"", status=302, Location="/feed")

    def answer_loop(self) -> None:
        self.answer(b"", status=301, Location="/loop")

    def answer_file(self) -> None:
        self.answer(b"", status=302, Location="file:///etc/passwd")

    def answer_hop(self) -> None:
        self.answer(b"", status=302, Location="http://[::1]:1/feed")

    def answer_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"only this")

    def answer_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.drip()

    def answer_slow_header(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip()

    def drip(self) -> None:
        try:
            for _ in range(200):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def host(server: ThreadingHTTPServer) -> str:
    return f"127.0.0.1:{server.server_port}"


def reason(url: str, **options: float) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(url, allow_private=True, **options)
    assert "secret" not in str(caught.value)
    return caught.value.reason


def test_a_feed_is_fetched(host: str, server: ThreadingHTTPServer) -> None:
    assert fetch(f"http://{host}/feed", allow_private=True) == Fetched(f"http://{host}/feed", FEED, "iso-8859-1")
    assert server.seen[-1][1]["user-agent"].startswith("communique/")  # type: ignore[attr-defined]


def test_content_is_unpacked(host: str) -> None:
    assert fetch(f"http://{host}/packed", allow_private=True).content == b"x" * 50_000


def test_redirects_are_followed(host: str) -> None:
    assert fetch(f"http://{host}/moved", allow_private=True).url == f"http://{host}/feed"


def test_a_password_is_used_and_never_shown(host: str, server: ThreadingHTTPServer) -> None:
    fetched = fetch(f"http://roth:secret%40@{host}/feed", allow_private=True)
    assert fetched.url == f"http://{host}/feed"
    assert server.seen[-1][1]["authorization"] == "Basic cm90aDpzZWNyZXRA"  # type: ignore[attr-defined]
    assert reason(f"http://roth:secret@{host}/gone") == "http_status"
    assert reason("http://roth:secret@127.0.0.1:1/feed") == "fetch_failed"
    assert reason("http://roth:secret@[broken/feed") == "fetch_failed"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("gone", "http_status"),
        ("loop", "fetch_failed"),
        ("file", "not_allowed"),
        ("hop", "fetch_failed"),
        ("short", "fetch_failed"),
    ],
)
def test_answers_that_are_none(host: str, path: str, wanted: str) -> None:
    assert reason(f"http://{host}/{path}") == wanted


def test_redirects_end(host: str, server: ThreadingHTTPServer) -> None:
    server.seen.clear()  # type: ignore[attr-defined]
    reason(f"http://{host}/loop")
    assert len(server.seen) == 1 + transforms.fetch.MOST_REDIRECTS  # type: ignore[attr-defined]


def test_content_has_a_largest_size(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transforms.fetch, "LARGEST_CONTENT", 49_999)
    assert reason(f"http://{host}/packed") == "too_large"


@pytest.mark.parametrize("path", ["drip", "slow_header"])
def test_a_drip_ends_at_the_deadline(host: str, path: str) -> None:
    start = time.monotonic()
    assert reason(f"http://{host}/{path}", deadline=0.5) == "fetch_failed"
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://estmark.example/x", "gopher://x", "/etc/passwd", "", "http:///x"]
)
def test_other_schemes_are_refused(url: str) -> None:
    assert reason(url) == "not_allowed"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "[::ffff:127.0.0.1]"])
def test_private_addresses_are_refused(server: ThreadingHTTPServer, name: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(f"http://{name}:{server.server_port}/feed")
    assert caught.value.reason == "not_allowed"


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    with pytest.raises(FetchError, match=r"estmark\.example is 10\.0\.0\.1"):
        fetch("http://estmark.example/feed")


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
    ],
)
def test_is_public(address: str, wanted: bool) -> None:
    assert is_public(address) is wanted


def test_redact() -> None:
    assert redact("https://roth:secret@estmark.example/a?b=c@d") == "https://estmark.example/a?b=c@d"
    assert redact("https://estmark.example/@roth") == "https://estmark.example/@roth"
    assert redact("/news/roth@estmark.txt") == "/news/roth@estmark.txt"
