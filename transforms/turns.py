"""Turns at hosts: one request at a time for each, with a pause between two, and many hosts side by side."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

HOSTS_AT_ONCE = 128  # most of them are in their pause
REQUESTS_AT_ONCE = 32

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Host:
    pause: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0


class Turns:
    """Hands out turns at hosts, from any number of threads. ``pause`` is in seconds."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self._hosts: dict[str, _Host] = {}
        self._guard = threading.Lock()
        self._requests = threading.BoundedSemaphore(REQUESTS_AT_ONCE)

    @contextmanager
    def turn(self, name: str) -> Iterator[Callable[[], float]]:
        """Wait for a turn at a host; what is yielded returns the seconds that the turn has taken so far."""
        host = self._host(name)
        with host.lock:
            time.sleep(max(0.0, host.free_at - time.monotonic()))
            with self._requests:
                started = time.monotonic()
                try:
                    yield lambda: time.monotonic() - started
                finally:
                    host.free_at = time.monotonic() + host.pause

    def slow_down(self, name: str, pause: float) -> None:
        """Pause longer at one host."""
        host = self._host(name)
        host.pause = max(host.pause, pause)

    def _host(self, name: str) -> _Host:
        with self._guard:
            return self._hosts.setdefault(name.lower(), _Host(self.pause))


def ask_hosts(
    items: Iterable[tuple[str, Item]],
    ask: Callable[[Item], Result],
    is_silent: Callable[[Result], bool],
    put_off: Callable[[Item], Result],
) -> list[Result]:
    """Ask for items, each with its host: the hosts side by side, the items of one host in turn.

    Once a host is silent, its other items are put off. The results come in the order of the hosts.
    """
    queues: dict[str, list[Item]] = {}
    for host, item in items:
        queues.setdefault(host, []).append(item)
    stop = threading.Event()

    def ask_host(queue: list[Item]) -> list[Result]:
        results: list[Result] = []
        silent = False
        for item in queue:
            silent = silent or stop.is_set()
            results.append(put_off(item) if silent else ask(item))
            silent = silent or is_silent(results[-1])
        return results

    executor = ThreadPoolExecutor(HOSTS_AT_ONCE, thread_name_prefix="host")
    try:
        tasks = [executor.submit(ask_host, queue) for queue in queues.values()]
        wait(tasks)
        return [result for task in tasks for result in task.result()]
    finally:
        stop.set()  # when interrupted: nothing more is asked for
        executor.shutdown(wait=False, cancel_futures=True)
