import gzip
import io
import socket
import time
import zlib
from collections.abc import Iterator

import brotli
import pytest
import zstandard
from loopback import Answer, Handler, Loopback, Raw, Request, serving

import transforms.fetch
from transforms.connect import Network
from transforms.fetch import Fetched, Fetcher, FetchError, Validators
from transforms.turns import Turns

NOTHING = Validators()
LOOPBACK = """127.0.0.1 localhost localhost. 127.1 0x7f.1 2130706433 017700000001 0.0.0.0 [::1] [::] [::ffff:127.0.0.1]
    [::ffff:7f00:1] [::7f00:1] ①②⑦.⓪.⓪.①"""
FEED = b"<rss version='2.0'/>"
LATIN = 'W/"caf\xe9-1"'  # a validator with a byte that is not ASCII


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": location})


def drip(handler: Handler) -> None:
    for _ in range(200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def drip_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    drip(handler)


def drip_header(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    drip(handler)


def short(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"only this")


def packed(encoding: str, body: bytes) -> Answer:
    return Answer(body, headers={"Content-Encoding": encoding})


LONG = b"x" * 50_000
ROUTES: dict[str, Answer | Raw] = {
    "/feed": Answer(FEED, headers={"Content-Type": "application/rss+xml; charset=ISO-8859-1"}),
    "/gone": Answer(status=410),
    "/unasked": Answer(status=304),
    "/busy": Answer(status=429, headers={"Retry-After": "120"}),
    "/gzip": packed("gzip", gzip.compress(LONG)),
    "/deflate": packed("deflate", zlib.compress(LONG)),
    "/br": packed("br", brotli.compress(LONG)),
    "/zstd": packed("zstd", zstandard.compress(LONG)),
    "/many": packed("gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(LONG)))),
    "/moved": redirect("/feed"),
    "/moved-for-good": redirect("/moved-again", 301),
    "/moved-again": redirect("/feed", 308),
    "/moved-then-away": redirect("/moved", 301),
    "/away-then-moved": redirect("/moved-again", 302),
    "/loop": redirect("/loop", 301),
    "/file": redirect("file:///etc/passwd"),
    "/hop": redirect("http://[::1]:1/feed"),
    "/short": Raw(short),
    "/drip": Raw(drip_body),
    "/slow_header": Raw(drip_header),
    "/fresh": Answer(FEED, headers={"Cache-Control": "max-age=600"}),
    "/odd": Answer(FEED, headers={"ETag": '"' + "x" * 2_000 + '"', "Last-Modified": "yesterday"}),
}


def answer_if_changed(request: Request) -> Answer:
    headers = {"ETag": LATIN, "Last-Modified": "Tue, 22 Apr 2025 10:00:00 GMT"}
    stated = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
    is_same = stated == (headers["ETag"], headers["Last-Modified"])
    return Answer(status=304) if is_same else Answer(FEED, headers=headers)


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving() as server:
        server.routes.update(ROUTES)
        server.routes["/conditional"] = answer_if_changed
        yield server


def fetch(url: str, validators: Validators = NOTHING, deadline: float = 60) -> tuple[Fetched, bytes]:
    content = io.BytesIO()
    fetched = Fetcher(Network(allow_private=True), Turns(0), deadline).fetch(url, content, validators)
    return fetched, content.getvalue()


def failure(url: str, **options: float) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, **options)
    assert "secret" not in str(caught.value)
    return caught.value


def test_a_feed_is_fetched(server: Loopback) -> None:
    fetched, content = fetch(f"{server.url}/feed")
    assert content == FEED
    assert fetched == Fetched(url=f"{server.url}/feed", is_changed=True, charset="iso-8859-1")
    assert server.seen[-1].headers["user-agent"].startswith("communique/")
    assert server.seen[-1].headers["accept-encoding"] == "gzip,deflate,br,zstd"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_content_is_unpacked(server: Loopback, encoding: str) -> None:
    assert fetch(f"{server.url}/{encoding}")[1] == LONG


def test_validators_go_back_byte_for_byte(server: Loopback) -> None:
    first, content = fetch(f"{server.url}/conditional")
    assert (first.is_changed, content) == (True, FEED)
    assert first.validators == Validators(LATIN, "Tue, 22 Apr 2025 10:00:00 GMT")
    second, content = fetch(f"{server.url}/conditional", first.validators)
    assert (second.is_changed, content) == (False, b"")


def test_a_validator_that_cannot_be_right_is_not_kept(server: Loopback) -> None:
    assert fetch(f"{server.url}/odd")[0].validators == Validators(None, "yesterday")


def test_a_server_can_ask_to_be_left_alone(server: Loopback) -> None:
    assert fetch(f"{server.url}/fresh")[0].fresh_seconds == 600
    error = failure(f"{server.url}/busy")
    assert (error.reason, error.status, error.retry_seconds) == ("http_status", 429, 120)


@pytest.mark.parametrize(
    ("path", "moved_to"),
    [
        ("moved", None),
        ("moved-for-good", "feed"),
        ("moved-then-away", "moved"),
        ("away-then-moved", None),
    ],
)
def test_redirects_are_followed_and_permanent_ones_said(server: Loopback, path: str, moved_to: str | None) -> None:
    fetched, content = fetch(f"{server.url}/{path}")
    assert (fetched.url, content) == (f"{server.url}/feed", FEED)
    assert fetched.moved_to == (moved_to and f"{server.url}/{moved_to}")


def test_a_password_is_used_and_never_shown(server: Loopback) -> None:
    url = server.url.replace("http://", "http://roth:secret%40@")
    fetched, _ = fetch(f"{url}/feed")
    assert fetched.url == f"{server.url}/feed"
    assert server.seen[-1].headers["authorization"] == "Basic cm90aDpzZWNyZXRA"
    assert failure(f"{url}/gone").reason == "gone"
    assert failure("http://roth:secret@127.0.0.1:2/feed").reason == "fetch_failed"
    assert failure("http://roth:secret@[broken/feed").reason == "fetch_failed"
    assert failure("http://127.0.0.1:2/feed?token=secret&a=b").detail.count("token=***")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("gone", "gone"),
        ("none", "http_status"),
        ("unasked", "http_status"),
        ("loop", "too_many_redirects"),
        ("file", "not_allowed"),
        ("hop", "not_allowed"),
        ("short", "fetch_failed"),
        ("many", "too_large"),
    ],
)
def test_answers_that_are_none(server: Loopback, path: str, wanted: str) -> None:
    assert failure(f"{server.url}/{path}").reason == wanted


def test_redirects_end(server: Loopback) -> None:
    server.seen.clear()
    failure(f"{server.url}/loop")
    assert len(server.seen) == 1 + transforms.fetch.MOST_REDIRECTS


@pytest.mark.parametrize("path", ["gzip", "br", "zstd", "deflate"])
def test_content_has_a_largest_size(server: Loopback, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(transforms.fetch, "LARGEST_CONTENT", 49_999)
    assert failure(f"{server.url}/{path}").reason == "too_large"


@pytest.mark.parametrize("path", ["drip", "slow_header"])
def test_a_drip_ends_at_the_deadline(server: Loopback, path: str) -> None:
    start = time.monotonic()
    assert failure(f"{server.url}/{path}", deadline=0.5).reason == "too_slow"
    assert time.monotonic() - start < 3


def test_the_deadline_counts_for_all_redirects_together(server: Loopback) -> None:
    def slowly(request: Request) -> Answer:
        time.sleep(0.3)
        return redirect(f"/slow?{len(server.seen)}")

    server.routes["/slow"] = slowly
    start = time.monotonic()
    assert failure(f"{server.url}/slow", deadline=0.5).reason == "too_slow"
    assert time.monotonic() - start < 1.2


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://estmark.example/x", "gopher://x", "/etc/passwd", "", "http:///x"]
)
def test_other_schemes_are_refused(url: str) -> None:
    assert failure(url).reason == "not_allowed"


class Recorded(Exception):
    pass


def recording(*addresses: str) -> tuple[Fetcher, list[str]]:
    """Return a fetcher that finds these addresses for every name and notes where it would connect to."""
    connected: list[str] = []

    def connect(address: str, port: int, timeout: float) -> socket.socket:
        connected.append(address)
        raise Recorded

    return Fetcher(Network(resolve=lambda host, port: list(addresses), connect=connect), Turns(0)), connected


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["93.184.216.34", "10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["64:ff9b::7f00:1"],
        ["::ffff:192.168.0.1"],
        ["fe80::1%eth0"],
    ],
)
def test_a_name_with_an_address_that_is_not_public_is_refused(addresses: list[str]) -> None:
    fetcher, connected = recording(*addresses)
    with pytest.raises(FetchError) as caught:
        fetcher.fetch("http://estmark.example/feed", io.BytesIO())
    assert caught.value.reason == "not_allowed"
    assert f"estmark.example is {addresses[-1]}" in caught.value.detail
    assert connected == []


def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    fetcher, connected = recording("93.184.216.34")
    with pytest.raises(FetchError, match="Recorded"):
        fetcher.fetch("https://estmark.example/feed", io.BytesIO())
    assert connected == ["93.184.216.34"]


@pytest.mark.parametrize("port", [22, 25, 6379, 3306])
def test_ports_of_other_services_are_refused(port: int) -> None:
    fetcher, connected = recording("93.184.216.34")
    with pytest.raises(FetchError, match=f"port {port}"):
        fetcher.fetch(f"http://estmark.example:{port}/feed", io.BytesIO())
    assert connected == []


@pytest.mark.parametrize("name", [*LOOPBACK.split()])
def test_every_spelling_of_this_machine_is_refused(name: str) -> None:
    """The names are looked up for real; nothing may be connected to."""
    connected: list[str] = []
    network = Network(connect=lambda address, port, timeout: connected.append(address))  # type: ignore[arg-type, return-value]
    with pytest.raises(FetchError) as caught:
        Fetcher(network, Turns(0)).fetch(f"http://{name}:8080/feed", io.BytesIO())
    assert caught.value.reason in {"not_allowed", "fetch_failed"}
    assert connected == []
