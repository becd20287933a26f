"""Show memory and seconds per cycle of a long watch: neither should grow with the number of cycles.

Three of the feeds change with every cycle, one seldom, one never, one fails.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from statistics import median

_CHANGING = 3
_FEEDS = (*(f"changing/{number}" for number in range(_CHANGING)), "seldom", "never", "failing")
_ENTRIES = 5
_SELDOM = 50  # requests
_ITEM = (
    "<item><title>Estmark rejects plan {0}</title><guid>{1}-{0}</guid><pubDate>Tue, 22 Apr 2025 10:00:00 GMT</pubDate>"
    "<description>Estmark rejected plan {0} on Monday. At least {2} people were killed near Port Selim.</description>"
    "</item>"
)
_OPTIONS = ("--every", "0.01s", "--host-pause", "0", "--allow-private-addresses", "--tagger", "rules")


class _Feeds(BaseHTTPRequestHandler):
    """Answers with a feed whose newest entries depend on how often it was asked for."""

    asked: dict[str, "count[int]"]

    def do_GET(self) -> None:
        """Answer."""
        feed = self.path.strip("/")
        if feed == "failing":
            self.send_error(500)
            return
        number = next(self.asked[feed])
        newest = {"seldom": number // _SELDOM, "never": 0}.get(feed, number)
        items = "".join(_ITEM.format(newest + back, feed, (newest + back) % 40 + 2) for back in range(_ENTRIES))
        body = f'<rss version="2.0"><channel><title>{feed}</title>{items}</channel></rss>'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cycles", type=int, default=2_000, metavar="N", help="default: 2000")
    parser.add_argument("--sample", type=int, default=100, metavar="N", help="cycles between samples (default: 100)")
    parser.add_argument("--compact", action="store_true", help="watch --compact")
    return parser.parse_args()


def resident(process: int) -> float:
    """Return the memory of a process and its children in megabytes."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    return sum(size for pid, parent, size in rows if process in (pid, parent)) * 1024 / 1e6


def main() -> None:
    """Watch, and print a line every so many cycles."""
    options = parse()
    _Feeds.asked = {feed: count() for feed in _FEEDS}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Feeds)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    addresses = [f"http://127.0.0.1:{server.server_port}/{feed}" for feed in _FEEDS]
    with tempfile.TemporaryDirectory(prefix="communique-bench-") as folder:
        command = [sys.executable, "-m", "pipeline", "watch", "--output", f"{folder}/tables", *_OPTIONS]
        command += [
            "--cycles",
            str(options.cycles + 1),
            *(f"--feed={address}" for address in addresses),
        ]  # alive at the last sample
        command += ["--compact"] if options.compact else []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            samples = sampled(process, options.sample)
    if process.returncode or len(samples) < 3:
        sys.exit("the watch failed or was too short")
    early, late = samples[1], samples[-1]
    print(f"from cycle {early[0]} to {late[0]}: {late[1] - early[1]:+.1f} MB ({late[1] / early[1] - 1:+.1%}), ", end="")
    print(f"{early[2]:.2f} and {late[2]:.2f} seconds a cycle")


def sampled(process: "subprocess.Popen[str]", every: int) -> list[tuple[int, float, float]]:
    """Print and return cycle, megabytes and median seconds per cycle, every so many cycles."""
    samples = []
    seconds: list[float] = []
    print(f"{'cycle':>6}{'memory, MB':>12}{'s/cycle':>9}{'new articles':>14}", flush=True)
    new, started = 0, time.perf_counter()
    for line in process.stdout or ():
        cycle = json.loads(line)
        new += cycle["articles_new"]
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
        if cycle["cycle"] % every == 0:
            samples.append((cycle["cycle"], resident(process.pid), median(seconds)))
            print(f"{cycle['cycle']:>6}{samples[-1][1]:>12.1f}{samples[-1][2]:>9.2f}{new:>14,}", flush=True)
            seconds = []
    return samples


if __name__ == "__main__":
    main()
