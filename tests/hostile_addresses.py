"""Hostile servers and addresses, and what is to come of each."""

import itertools
import os
from functools import partial
from pathlib import Path

from attack import PORT, SOME, Attack

LOOPBACKS = (
    *(
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "localhost",
        "localhost.",
        "[::1]",
        "0.0.0.0",
        "[::]",
    ),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "①②⑦.⓪.⓪.①", "127。0。0。1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
    *("10.0.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "100.64.0.1", "224.0.0.1", "user@127.0.0.1"),
)
PORTS = (22, 25, 6379)
_numbers = itertools.count(2)


def fetch(*addresses: str) -> list[str]:
    """Return arguments that fetch some addresses."""
    feeds = (f"--feed={address.format(port=os.environ[PORT])}" for address in addresses)
    return [*feeds, "--fetch-seconds=2", "--host-pause=0"]


def served(name: str, articles: int = 0, says: str = "", **rejects: int) -> Attack:
    """Return the attack by one answer of the hostile server, from a host of its own: slow ones are left alone."""
    write = partial(_fetch_one, path=name, host=next(_numbers))
    return Attack(name=name, write=write, rejects=rejects, says=says, articles=articles, source=f"/{name}$")


def _fetch_one(folder: Path, *, path: str, host: int) -> list[str]:
    return [*fetch(f"http://127.0.0.{host}:{{port}}/{path}"), "--allow-private-addresses"]


def loopbacks(folder: Path) -> list[str]:
    return fetch(*(f"http://{host}:{{port}}/feed" for host in LOOPBACKS))


def ports(folder: Path) -> list[str]:
    return [*fetch(*(f"http://127.0.0.1:{port}/port" for port in PORTS)), "--allow-private-addresses"]


ATTACKS = [
    served("feed", 1),
    served("gzip", too_large=1),
    served("deflate", too_large=1),
    served("brotli", too_large=1),
    served("zstandard", too_large=1),
    served("gzip-twice", too_large=1),
    served("gzip-often", too_large=1, says="packed 5 times"),
    served("encoding-unknown", 1),
    served("endless", too_large=1),
    served("endless-chunks", too_slow=1),
    served("drip", too_slow=1),
    served("drip-headers", too_slow=1),
    served("continue", too_slow=1),
    served("many-headers", fetch_failed=1),
    served("long-header", fetch_failed=1),
    served("long-status", fetch_failed=1),
    served("loop", too_many_redirects=1),
    served("chain", too_many_redirects=1),
    served("to-file", not_allowed=1),
    served("to-ftp", not_allowed=1),
    served("to-port", not_allowed=1),
    served("to-nowhere", fetch_failed=1),
    served("to-escapes", fetch_failed=1),
    served("too-long", fetch_failed=1),
    served("too-short", malformed_feed=1),
    served("negative", 1),
    served("no-number", 1),
    served("two-lengths", fetch_failed=1),
    served("chunks", fetch_failed=1),
    served("chunk-too-large", fetch_failed=1),
    served("charset", 1),
    served("page", not_a_feed=1),
    served("empty", not_a_feed=1),
    served("escapes", http_status=1),
    served("garbage", fetch_failed=1),
    served("nothing", fetch_failed=1),
    served("unasked", http_status=1),
    Attack(
        name="loopbacks",
        write=loopbacks,
        alone=True,
        source="/feed$",
        rejects={"not_allowed": SOME, "fetch_failed": SOME},
    ),
    Attack(name="ports", write=ports, source="/port$", rejects={"not_allowed": len(PORTS)}),
]
