"""Compare polling many hosts at a time with polling one feed after another.

Both ask with the same fetcher and the same pause between two requests to one host. One after another means in the order
given, which takes turns through the hosts: the order that waits least.
"""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from pipeline.poll import Poller
from schemas.feed import FeedState
from transforms.connect import Network
from transforms.fetch import Fetcher
from transforms.turns import Turns

_BODY = b'<rss version="2.0"><channel><title>Estmark Daily</title></channel></rss>'
_ANSWER = b"HTTP/1.0 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--feeds", type=int, default=500, metavar="N", help="default: 500")
    parser.add_argument("--hosts", type=int, default=100, metavar="N", help="default: 100, at most 250")
    parser.add_argument("--latency", type=float, default=0.2, metavar="SECONDS", help="of each answer (default: 0.2)")
    parser.add_argument("--pause", type=float, nargs="+", default=[0.0, 1.0], metavar="SECONDS", help="default: 0 1")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: 3")
    return parser.parse_args()


@contextmanager
def hosts(names: list[str], latency: float) -> Iterator[list[str]]:
    """Serve a feed on loopback addresses while the block runs; yield the servers' addresses."""
    loop = asyncio.new_event_loop()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(latency)
        writer.write(_ANSWER)
        await writer.drain()
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(answer, names, 0, backlog=100))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield ["http://{}:{}".format(*socket.getsockname()) for socket in server.sockets]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def seconds_of(ask: Callable[[Poller], int], feeds: int, pause: float) -> float:
    """Return how long one way of asking takes. Every feed has to be read."""
    fetcher = Fetcher(Network(allow_private=True), Turns(pause))
    with tempfile.TemporaryDirectory(prefix="communique-bench-") as folder:
        poller = Poller(fetcher, Path(folder), datetime.now(UTC))
        start = time.perf_counter()
        read = ask(poller)
        seconds = time.perf_counter() - start
    if read != feeds:
        raise SystemExit(f"{read} of {feeds} feeds were read")
    return seconds


def main() -> None:
    """Take turns and print the seconds of each way and their ratio."""
    options = parse()
    known: dict[str, FeedState] = {}

    def at_a_time(poller: Poller) -> int:
        return sum(polled.outcome == "changed" for polled in poller.poll(addresses, known))

    def one_by_one(poller: Poller) -> int:
        return sum(poller.poll([address], known)[0].outcome == "changed" for address in addresses)

    print(f"{'pause, s':>9}{'one by one, s':>15}{'at a time, s':>14}{'times faster':>14}", flush=True)
    with hosts([f"127.0.1.{number + 1}" for number in range(options.hosts)], options.latency) as servers:
        addresses = [f"{servers[number % len(servers)]}/{number}" for number in range(options.feeds)]
        for pause in options.pause:
            rounds = [
                tuple(seconds_of(ask, options.feeds, pause) for ask in (one_by_one, at_a_time))
                for _ in range(options.rounds)
            ]
            slow, fast = (median(figures) for figures in zip(*rounds, strict=True))
            ratio = median(slow / fast for slow, fast in rounds)
            print(f"{pause:>9g}{slow:>15.1f}{fast:>14.1f}{ratio:>14.1f}", flush=True)


if __name__ == "__main__":
    main()
