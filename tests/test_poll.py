import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import made
import pytest
from loopback import Answer, Loopback, Request, item, rss, serving

from pipeline.poll import Polled, Poller, backoff, count_outcomes, with_flaws
from schemas.feed import FeedState, feed_id
from schemas.source import Download, Failure
from transforms.connect import Network
from transforms.fetch import Fetcher
from transforms.turns import Turns

HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        yield server


class Reader:
    """Polls one feed again and again, an hour later each time, and remembers its state."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.now = made.APRIL
        self.known: dict[str, FeedState] = {}

    def poll(self, *, after: timedelta = HOUR, **options: bool) -> Polled:
        self.now += after
        fetcher = Fetcher(Network(allow_private=True), Turns(0), deadline=5)
        (polled,) = Poller(fetcher, self.folder, self.now, **options).poll([self.url], self.known)
        self.known[polled.state.feed_id] = polled.state
        return polled


def content(polled: Polled) -> bytes:
    assert polled.source
    assert isinstance(polled.source.fetched, Download)
    return Path(polled.source.fetched.path).read_bytes()


def test_a_feed_is_read_once_and_then_only_when_it_changes(server: Loopback, tmp_path: Path) -> None:
    def answer(request: Request) -> Answer:
        if request.headers.get("if-none-match") == '"1"':
            return Answer(status=304)
        return Answer(rss(item(1)), headers={"ETag": '"1"'})

    server.routes["/feed"] = answer
    reader = Reader(tmp_path, f"{server.url}/feed")
    first = reader.poll()
    assert (first.outcome, content(first)) == ("changed", rss(item(1)))
    assert first.state.changed_at == reader.now
    second = reader.poll()
    assert (second.outcome, second.source) == ("unchanged", None)
    assert (second.state.etag, second.state.checked_at, second.state.changed_at) == (
        '"1"',
        reader.now,
        made.APRIL + HOUR,
    )


def test_a_server_without_validators_is_not_read_twice(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(rss(item(1)))
    reader = Reader(tmp_path, f"{server.url}/feed")
    assert [reader.poll().outcome for _ in range(2)] == ["changed", "unchanged"]
    server.routes["/feed"] = Answer(rss(item(1), item(2)))
    assert reader.poll().outcome == "changed"
    assert list(tmp_path.iterdir()) == [tmp_path / feed_id(reader.url)]


def test_all_content_can_be_asked_for(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(rss(item(1)), headers={"ETag": '"1"', "Cache-Control": "max-age=7200"})
    reader = Reader(tmp_path, f"{server.url}/feed")
    reader.poll()
    assert reader.poll().outcome == "waiting"
    again = reader.poll(conditional=False, on_schedule=False)
    assert again.outcome == "changed"
    assert "if-none-match" not in server.seen[-1].headers
    assert reader.poll(after=2 * HOUR).outcome == "unchanged"


def test_a_clock_that_is_set_back_does_not_keep_feeds_waiting(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(rss(item(1)), headers={"Cache-Control": "max-age=7200"})
    reader = Reader(tmp_path, f"{server.url}/feed")
    assert [reader.poll(after=hours * HOUR).outcome for hours in (9, 1, -8, 1, 1)] == [
        "changed",
        "waiting",
        "unchanged",
        "waiting",
        "unchanged",
    ]


@pytest.mark.parametrize(
    ("headers", "hours"), [({"Cache-Control": "max-age=7200"}, 2), ({"Cache-Control": "no-cache"}, 0), ({}, 0)]
)
def test_freshness_is_kept_to(server: Loopback, tmp_path: Path, headers: dict[str, str], hours: int) -> None:
    server.routes["/feed"] = Answer(rss(item(1)), headers=headers)
    reader = Reader(tmp_path, f"{server.url}/feed")
    reader.poll()
    for hour in range(1, 4):
        outcome = reader.poll().outcome
        assert (outcome == "waiting") is (hour < hours)
        if outcome != "waiting":
            break


def test_retry_after_is_waited_for_without_sleeping(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(status=429, headers={"Retry-After": "10000"})
    reader = Reader(tmp_path, f"{server.url}/feed")
    start = time.monotonic()
    failed = reader.poll()
    assert isinstance(failed.source and failed.source.fetched, Failure)
    assert failed.state.next_check == reader.now + timedelta(seconds=10_000)
    assert [reader.poll().outcome for _ in range(3)] == ["waiting", "waiting", "failed"]
    assert len(server.seen) == 2
    assert time.monotonic() - start < 5


def test_a_feed_that_is_gone_is_left_alone(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(status=410)
    reader = Reader(tmp_path, f"{server.url}/feed")
    first = reader.poll()
    assert (first.outcome, first.state.is_gone) == ("gone", True)
    assert first.source
    assert [reader.poll(after=100 * HOUR).outcome for _ in range(3)] == ["gone"] * 3
    assert len(server.seen) == 1


def test_a_move_for_good_is_remembered_until_it_fails(server: Loopback, tmp_path: Path) -> None:
    server.routes["/old"] = Answer(status=301, headers={"Location": "/new"})
    server.routes["/new"] = Answer(rss(item(1)))
    reader = Reader(tmp_path, f"{server.url}/old")
    assert reader.poll().state.moved_to == f"{server.url}/new"
    assert reader.poll().state.url == f"{server.url}/old"
    assert [request.path for request in server.seen] == ["/old", "/new", "/new"]
    server.routes["/new"] = Answer(status=404)
    server.routes["/old"] = Answer(rss(item(1), item(2)))
    assert reader.poll().outcome == "failed"
    assert content(reader.poll()) == rss(item(1), item(2))
    assert reader.poll().state.moved_to is None


def test_a_move_with_a_password_is_not_written_down(server: Loopback, tmp_path: Path) -> None:
    server.routes["/old"] = Answer(status=301, headers={"Location": "/new?token=secret"})
    server.routes["/new"] = Answer(rss(item(1)))
    polled = Reader(tmp_path, f"{server.url}/old").poll()
    assert polled.outcome == "changed"
    assert "secret" not in repr(polled)


def test_failures_count_until_a_poll_is_good(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(status=500)
    reader = Reader(tmp_path, f"{server.url}/feed")
    assert [reader.poll(after=24 * HOUR).state.failures for _ in range(3)] == [1, 2, 3]
    server.routes["/feed"] = Answer(rss(item(1)))
    good = reader.poll(after=24 * HOUR).state
    assert (good.failures, good.error, good.status) == (0, None, "ok")


def test_backing_off_grows_and_ends_at_a_day() -> None:
    waits = [backoff(failures, 500) for failures in (1, 2, 3, 4, 30)]
    assert waits == [timedelta(0), *(timedelta(minutes=m) for m in (5, 10, 20)), timedelta(days=1)]
    assert backoff(1, 429) == timedelta(minutes=15)


def test_a_host_that_does_not_answer_is_not_asked_for_its_other_feeds(tmp_path: Path) -> None:
    fetcher = Fetcher(Network(allow_private=True), Turns(0), deadline=5)
    addresses = [f"http://127.0.0.1:2/{number}" for number in range(3)]
    polled = Poller(fetcher, tmp_path, made.APRIL).poll(addresses, {})
    assert count_outcomes(polled) | {"failed": 1, "postponed": 2} == count_outcomes(polled)
    assert polled[1].state.checked_at is None


def test_an_address_that_is_none_costs_its_neighbours_nothing(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(rss(item(1)))
    fetcher = Fetcher(Network(allow_private=True), Turns(0), deadline=5)
    polled = Poller(fetcher, tmp_path, made.APRIL).poll(["ftp://x.example", "http://[", f"{server.url}/feed"], {})
    assert [each.outcome for each in polled] == ["failed", "changed", "failed"]


def test_many_hosts_are_asked_at_a_time(tmp_path: Path) -> None:
    def slowly(_: Request) -> Answer:
        time.sleep(0.5)
        return Answer(rss(item(1)))

    with serving("127.0.0.2") as second, serving("127.0.0.3") as third, serving("127.0.0.4") as fourth:
        servers = (second, third, fourth)
        for each in servers:
            each.routes["/feed"] = slowly
        fetcher = Fetcher(Network(allow_private=True), Turns(0))
        start = time.monotonic()
        polled = Poller(fetcher, tmp_path, made.APRIL).poll([f"{each.url}/feed" for each in servers], {})
        assert [each.outcome for each in polled] == ["changed"] * 3
        assert time.monotonic() - start < 1.4


def test_feeds_that_differ_in_their_password_are_two(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = lambda request: Answer(rss(item(len(request.path))))
    fetcher = Fetcher(Network(allow_private=True), Turns(0))
    addresses = [f"{server.url}/feed?token={token}" for token in ("a", "bcd")]
    polled = Poller(fetcher, tmp_path, made.APRIL).poll(addresses, {})
    assert len({content(each) for each in polled}) == 2
    assert {each.state.url for each in polled} == {f"{server.url}/feed?token=***"}


def test_content_that_cannot_be_read_is_asked_for_again(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(b"<rss", headers={"ETag": '"1"'})
    reader = Reader(tmp_path, f"{server.url}/feed")
    state = reader.poll().state
    (flawed,) = with_flaws([state], {state.url: ("malformed_feed", "no element found")})
    assert (flawed.status, flawed.error, flawed.etag) == ("malformed_feed", "no element found", None)
    reader.known = {flawed.feed_id: flawed}
    assert reader.poll().outcome == "changed"
    assert "if-none-match" not in server.seen[-1].headers
