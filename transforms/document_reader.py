"""Read feeds and pages in a child process that can be stopped: none takes time or memory without end, or ends this one.

``document_child`` says what the child does. One child for feeds and one for pages serve a process: they start with the
first document, are used for the next ones, and end with the process. A document that breaks its child becomes one flaw,
and the next one gets a new child.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from transforms.clean import decode
from transforms.document_child import LENGTH, MEGABYTES, OUT_OF_MEMORY, SECONDS, Kind, decode_feed
from transforms.draft import Draft, Feed, Flaw

LATEST_END = 15.0  # seconds on the clock for one document, whatever keeps the child from working
LARGEST_ANSWER = 48 * 2**20  # bytes
COMMAND = (sys.executable, "-P", "-m", "transforms.document_child")
_START_SECONDS = 60.0
_END_SECONDS = 1.0  # for a child that has closed its end to be gone
_LARGE = 2**20  # bytes of a document that leaves a child with a heap in pieces
_PIECE = 2**16
_SAMPLE = 1_000


class DocumentReader:
    """Owns a child and asks it to read documents of one kind, one at a time. Threads can share it."""

    def __init__(self, kind: Kind = "feed", *, seconds: float = LATEST_END, command: Sequence[str] = COMMAND) -> None:
        self._seconds = seconds
        self._command = (*command, kind)
        self._lock = threading.Lock()
        self._idle: _Child | None = None

    def read(self, data: bytes, **stated: str | Sequence[str] | None) -> Feed:
        """Return what ``feeds.read_feed`` or ``html.read_page`` does, or one flaw, ``too_costly``."""
        arguments = json.dumps(stated).encode()
        with self._lock, self._borrowed() as child:
            try:
                feed = decode_feed(child.ask((arguments, data), self._seconds))
            except TimeoutError:
                detail = f"there was no answer within {self._seconds:g} seconds"
            except (BrokenPipeError, EOFError):
                detail = child.say_how_it_ended()
            except Exception as error:  # a child that has gone astray may answer anything
                detail = f"the answer cannot be read: {type(error).__name__}: {error}"
            else:
                child.is_worn = len(data) > _LARGE
                return feed
        return Feed((Flaw(reason="too_costly", detail=detail, sample=decode(data[:_SAMPLE])),))

    @contextmanager
    def _borrowed(self) -> Iterator["_Child"]:
        """Lend the child and take it back, unless it has become useless."""
        child, self._idle = self._idle, None
        if child is not None and not child.is_running:
            child.close()
            child = None
        child = child or _Child(self._command)
        try:
            yield child
        finally:
            if child.is_worn:
                child.close()
            else:
                self._idle = child

    def close(self) -> None:
        """End the child; the next document starts a new one."""
        with self._lock:
            if self._idle:
                self._idle.close()
            self._idle = None

    def unlock(self) -> None:
        """Forget, after a fork, threads that are not here. The child is none of ours, which ``is_running`` sees."""
        self._lock = threading.Lock()


class _Child:
    """One process and the pipes to it. ``is_worn``: no other document should go there; only a full answer says no."""

    def __init__(self, command: Sequence[str]) -> None:
        path = os.pathsep.join(map(os.path.abspath, sys.path))  # it finds what this process finds
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=os.environ | {"PYTHONPATH": path},
            process_group=0,  # an interrupt from the terminal is for the parent
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        os.set_blocking(self._requests.fileno(), False)
        self.is_worn = True
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        try:
            self._receive(time.monotonic() + _START_SECONDS)
        except BaseException as error:
            self.close()
            raise ChildProcessError("the process that reads documents does not start") from error

    @property
    def is_running(self) -> bool:
        """Tell whether the process is a child of this one and has not ended."""
        return self._process.poll() is None

    def ask(self, messages: Sequence[bytes], seconds: float) -> bytes:
        """Send some messages and return the answer. Raises TimeoutError, BrokenPipeError, EOFError and ValueError."""
        self.is_worn = True
        deadline = time.monotonic() + seconds
        for message in messages:
            self._send(LENGTH.pack(len(message)) + message, deadline)
        return self._receive(deadline)

    def say_how_it_ended(self) -> str:
        """Return why a child that has closed its pipes is gone."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        status = self._process.returncode
        if status == OUT_OF_MEMORY:
            return f"it took more than {MEGABYTES} MB"
        if status == -signal.SIGPROF:
            return f"it took more than {SECONDS:g} seconds"
        return "the process hung up" if status is None else f"the process ended with status {status}"

    def close(self) -> None:
        """Kill the process and wait for its end."""
        self._process.kill()
        self._process.wait()
        self._requests.close()
        self._answers.close()

    def _send(self, message: bytes, deadline: float) -> None:
        left = memoryview(message)
        while left:
            _wait_for(self._requests.fileno(), select.POLLOUT, deadline)
            left = left[os.write(self._requests.fileno(), left[:_PIECE]) :]

    def _receive(self, deadline: float) -> bytes:
        (length,) = LENGTH.unpack(self._receive_bytes(LENGTH.size, deadline))
        if length > LARGEST_ANSWER:
            raise ValueError(f"it has {length} bytes")
        return self._receive_bytes(length, deadline)

    def _receive_bytes(self, number: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < number:
            _wait_for(self._answers.fileno(), select.POLLIN, deadline)
            piece = os.read(self._answers.fileno(), min(number - len(received), _PIECE))
            if not piece:
                raise EOFError
            received += piece
        return bytes(received)


def _wait_for(file: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(file, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError


_feeds, _pages, _footers = DocumentReader("feed"), DocumentReader("page"), DocumentReader("footer")
for _reader in (_feeds, _pages, _footers):
    atexit.register(_reader.close)
    os.register_at_fork(after_in_child=_reader.unlock)


def read_feed_apart(data: bytes, *, address: str | None = None, charset: str | None = None) -> Feed:
    """Return what ``feeds.read_feed`` does, or one flaw, ``too_costly``."""
    return _feeds.read(data, address=address, charset=charset)


def read_page_apart(data: bytes, *, url: str | None = None) -> Draft | Flaw:
    """Return the draft of a page, or what is wrong with it."""
    (found,) = _pages.read(data, url=url).records
    return found


def check_footer_apart(data: bytes, wanted: Sequence[str]) -> Flaw | None:
    """Return what is wrong with the wanted columns by the footer of a Parquet file, None when all is well."""
    for found in _footers.read(data, wanted=wanted).records:
        if isinstance(found, Flaw):
            # What ends the process is no cost but a footer that contradicts itself.
            return replace(found, reason="unreadable", sample=None) if found.reason == "too_costly" else found
    return None
