"""Turns at a host: one request at a time, with a pause between two."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0


class Turns:
    """Hands out turns at hosts, from any number of threads. ``pause`` is in seconds."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self._hosts: dict[str, _Host] = {}
        self._guard = threading.Lock()

    @contextmanager
    def turn(self, name: str) -> Iterator[Callable[[], float]]:
        """Wait for a turn at a host; what is yielded returns the seconds that the turn has taken so far."""
        with self._guard:
            host = self._hosts.setdefault(name.lower(), _Host())
        with host.lock:
            time.sleep(max(0.0, host.free_at - time.monotonic()))
            started = time.monotonic()
            try:
                yield lambda: time.monotonic() - started
            finally:
                host.free_at = time.monotonic() + self.pause
