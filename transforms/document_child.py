"""The process that reads documents for another one: ``python -m transforms.document_child KIND``.

``document_reader`` starts it. It takes requests from standard input and answers on standard output until the input
ends. A message is its length in four bytes and then its content. A request is two messages, JSON with the arguments of
``read_feed`` or ``read_page`` and the bytes of the document; an answer is one, what was found as JSON. JSON, because
the child has looked at hostile input: nothing that it answers can make the other side run code.
"""

import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from transforms.draft import Draft, Feed, Flaw

Kind = Literal["feed", "page", "footer"]

SECONDS = 4.0  # of processor for one document, so that a busy machine changes nothing
MEGABYTES = 300  # that a document may take beyond what the process has at its start
OUT_OF_MEMORY = 3  # exit status
LENGTH = struct.Struct(">I")


def encode_feed(feed: Feed) -> bytes:
    """Return a feed as JSON, without fields that are None. Lone surrogates of JSON feeds stay what they are."""
    records = [
        {name: value for name in record.__slots__ if (value := getattr(record, name)) is not None}
        for record in feed.records
    ]
    text = json.dumps({"records": records, "is_malformed": feed.is_malformed}, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def decode_feed(answer: bytes) -> Feed:
    """Return the feed of an answer; raise any kind of error for what is none."""
    found = json.loads(answer.decode("utf-8", "surrogatepass"))
    return Feed(tuple(map(_record, found["records"])), found["is_malformed"] is True)


def _record(fields: dict[str, Any]) -> Draft | Flaw:
    """Return a flaw, which has a reason, or a draft."""
    if "reason" in fields:
        return Flaw(**fields)
    return Draft(**fields | {"authors": tuple(fields["authors"]), "keys": tuple(fields["keys"])})


def load_reader(kind: Kind) -> Callable[..., Feed]:
    """Return what reads documents of a kind. Only its own parsers are loaded: those of pages take a second."""
    if kind == "page":
        from transforms.html import read_page

        return read_page
    if kind == "footer":
        from transforms.parquet_footer import check_footer

        return check_footer
    from transforms.feeds import read_feed

    return read_feed


def main(kind: Kind) -> None:
    """Answer requests until there are no more, or until memory runs out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _close_standard_files()
    read = load_reader(kind)
    _limit_memory()
    _write_message(answers, b"")  # ready
    try:
        while (arguments := _read_message(requests)) is not None:
            _write_message(answers, _answer(read, arguments, _read_message(requests) or b""))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _answer(read: Callable[..., Feed], arguments: bytes, data: bytes) -> bytes:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # its signal kills, also when the parent is gone
    answer = encode_feed(read(data, **json.loads(arguments)))
    signal.setitimer(signal.ITIMER_PROF, 0)
    return answer


def _close_standard_files() -> None:
    """Let whatever a parser prints go nowhere: neither between the messages nor into the log of the parent."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)


def _limit_memory() -> None:
    """Limit the address space. Where the system has no such limit, as macOS, only time is limited."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _read_message(file: BinaryIO) -> bytes | None:
    """Return the next message, None at the end."""
    length = file.read(LENGTH.size)
    return file.read(*LENGTH.unpack(length)) if len(length) == LENGTH.size else None


def _write_message(file: BinaryIO, message: bytes) -> None:
    with suppress(BrokenPipeError):  # the parent is gone; its end of the requests is closed, too
        file.write(LENGTH.pack(len(message)) + message)
        file.flush()


if __name__ == "__main__":
    main(cast("Kind", sys.argv[1]))
