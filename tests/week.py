"""A week of feeds on loopback: what every feed answers follows from its number and the hour, and nothing else."""

import gzip
import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from random import Random

from loopback import Answer, Handler, Raw, serving

START = datetime(2025, 4, 21, tzinfo=UTC)
_SHOWN = 8  # entries
_SENTENCES = (
    "Estmark offered Norvania a truce of {0} days.",
    "Norvania will accept the truce only if Estmark withdraws {0} battalions, Foreign Minister Adela Roth said.",
    "Norvania refused to hold talks about plan {0}.",
    "At least {0} people were killed near Port Selim, among them a driver from São Telmo.",
    "The weather stayed calm on the coast for {0} hours, Jon Vale wrote.",
)
_TROUBLES = ("500", "429", "hang", "drop", "short", "broken", "cut", "charset", "page", "302")
_PER_HOST = 5
NOTHING = Answer()  # the connection is shut without a word


def at(hour: int) -> datetime:
    """Return the time of an hour of the week."""
    return START + timedelta(hours=hour)


@dataclass(frozen=True)
class Entry:
    """One entry of a feed, first seen in the hour ``born``."""

    feed: int
    born: int
    revision: int
    published: datetime

    def markup(self) -> str:
        """Return the entry as an item of RSS."""
        dice = Random(f"{self.feed}/{self.born}/{self.revision}")
        text = " ".join(sentence.format(dice.randint(2, 90)) for sentence in dice.sample(_SENTENCES, 3))
        return (
            f"<item><title>Report {self.born} of desk {self.feed}</title><guid>{self.feed}-{self.born}</guid>"
            f"<link>https://desk{self.feed}.example/{self.born}</link><description>{text}</description>"
            f"<pubDate>{format_datetime(self.published)}</pubDate></item>"
        )


@dataclass(frozen=True)
class Feed:
    """One feed; everything it does comes from its number and the seed."""

    number: int
    seed: int

    def dice(self, *what: object) -> Random:
        """Return random numbers that are the same for the same things."""
        return Random(f"{self.seed}/{self.number}/{what}")

    @property
    def moves_at(self) -> int | None:
        """Return the hour from which on the feed is elsewhere, for good."""
        return self.dice("move").randint(5, 100) if self.number % 10 == 3 else None

    @property
    def ends_at(self) -> int | None:
        """Return the hour from which on the feed is gone."""
        return self.dice("end").randint(10, 120) if self.number % 10 == 7 else None

    def trouble(self, hour: int) -> str | None:
        """Return what goes wrong in an hour; it lasts for one to three hours."""
        dice = self.dice("trouble", hour // 3)
        is_trouble = dice.random() < 0.15 and hour % 3 <= dice.randrange(3)
        kind = dice.choice(_TROUBLES)
        if kind == "hang" and self.number % 8 != 1:  # it takes long to play
            kind = "drop"
        return kind if is_trouble else None

    def entries(self, hour: int) -> list[Entry]:
        """Return what the feed shows: new ones first, some edited, out of order, missing or twice."""
        born = [each for each in _births(self) if each <= hour]
        shown = [self._entry(each, hour) for each in born[-_SHOWN:][::-1]]
        dice = self.dice("show", hour // 2)
        if shown and dice.random() < 0.1:
            shown.append(dice.choice(shown))
        if shown and dice.random() < 0.1:
            shown.remove(dice.choice(shown))
        if dice.random() < 0.1:
            dice.shuffle(shown)
        return shown

    def _entry(self, born: int, hour: int) -> Entry:
        dice = self.dice("entry", born)
        edits = [born + dice.randint(1, 9) for _ in range(dice.choice((0, 0, 0, 1, 2)))]
        touched = born + dice.randint(1, 20)  # when only its time is changed
        published = at(born) + timedelta(minutes=dice.randrange(60), hours=hour >= touched and dice.random() < 0.3)
        return Entry(self.number, born, sum(edit <= hour for edit in edits), published)

    def body(self, hour: int) -> bytes:
        """Return the whole feed."""
        items = "".join(entry.markup() for entry in self.entries(hour))
        head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        return f"{head}<title>Desk {self.number}</title>{items}</channel></rss>".encode()

    def answer(self, hour: int, headers: dict[str, str], path: str) -> Answer | None:
        """Return the answer in an hour, None for one that never comes."""
        if self.ends_at is not None and hour >= self.ends_at:
            return Answer(status=410)
        if self.moves_at is not None and hour >= self.moves_at and "/new" not in path:
            return Answer(status=301, headers={"Location": f"{path}/new"})
        trouble = self.trouble(hour)
        if trouble == "hang":
            return None
        if trouble == "302" and not path.endswith("/for-now"):
            return Answer(status=302, headers={"Location": f"{path}/for-now"})
        body = self.body(hour)
        troubled = {
            "500": Answer(status=500),
            "429": Answer(status=429, headers={"Retry-After": "9000"}),
            "drop": NOTHING,
            "short": Answer(body[:-40], headers={"Content-Length": str(len(body))}),
            "broken": Answer(body.replace(b"<title>", b"<title>&<<", 3)),
            "cut": Answer(body[: len(body) * 2 // 3]),
            "charset": Answer(body, headers={"Content-Type": "text/xml; charset=koi8-r"}),
            "page": Answer(b"<!doctype html><title>Be right back</title><p>Down for repairs."),
        }
        return troubled.get(trouble or "") or self._good_answer(body, hour, headers)

    def _good_answer(self, body: bytes, hour: int, asked: dict[str, str]) -> Answer:
        validators = {}
        if self.number % 3 != 0:
            validators["ETag"] = f'"{hashlib.md5(body).hexdigest()}"'
        if self.number % 3 == 2:
            validators["Last-Modified"] = format_datetime(self._last_change(hour), usegmt=True)
        if self.number % 10 == 5:
            validators["Cache-Control"] = "max-age=7000"
        if validators.get("ETag", "-") == asked.get("if-none-match"):
            return Answer(status=304, headers=validators)
        if self.number % 4 == 0:
            return Answer(gzip.compress(body, mtime=0), headers={**validators, "Content-Encoding": "gzip"})
        return Answer(body, headers=validators)

    def _last_change(self, hour: int) -> datetime:
        before = next((each for each in range(hour - 1, -1, -1) if self.body(each) != self.body(hour)), -1)
        return at(before + 1)


@cache
def _births(feed: Feed) -> tuple[int, ...]:
    """Return the hours in which a feed has a new entry."""
    return tuple(hour for hour in range(-10, 400) if feed.dice("new", hour).random() < 0.3)


@contextmanager
def week(feeds: int, seed: int, hour: Callable[[], int]) -> Iterator[list[str]]:
    """Serve the feeds, some on each host, while the block runs; yield their addresses."""
    with ExitStack() as stack:
        hosts = [stack.enter_context(serving(f"127.0.0.{2 + each}")) for each in range(-(-feeds // _PER_HOST))]
        addresses = []
        for number in range(feeds):
            host = hosts[number // _PER_HOST]
            route = Raw(_player(Feed(number, seed), hour))
            host.routes |= {f"/{number}{ending}": route for ending in ("", "/new", "/for-now", "/new/for-now")}
            addresses.append(f"{host.url}/{number}")
        yield addresses


def _player(feed: Feed, hour: Callable[[], int]) -> Callable[[Handler], None]:
    def play(handler: Handler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        answer = feed.answer(hour(), headers, handler.path)
        if answer is None:
            handler.connection.settimeout(60)
            handler.connection.recv(1)  # until the client hangs up
        elif answer is not NOTHING:
            handler.answer(answer)

    return play
