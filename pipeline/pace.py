"""When the next look is due: every so often from start to start, whatever happens to the clocks."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from transforms.read import Clock, utc_now

Sleep = Callable[[float], None]
Monotonic = Callable[[], float]

_LONGEST_SLEEP = 30.0  # seconds until the wall clock is looked at again


class Pace:
    """Waits from the start of one cycle to that of the next; one that took longer is followed at once by one other.

    It is time when either clock says so: the wall clock goes on while a machine sleeps, the monotonic one, in seconds,
    is never set back.
    """

    def __init__(
        self, every: timedelta, clock: Clock = utc_now, sleep: Sleep = time.sleep, monotonic: Monotonic = time.monotonic
    ) -> None:
        self.clock = clock
        self._every, self._sleep, self._monotonic = every.total_seconds(), sleep, monotonic
        self._due = monotonic()
        self._due_at = clock()

    def next_at(self) -> datetime:
        """Decide, at the end of a cycle, when the next one is due."""
        now = self._monotonic()
        self._due = max(now, self._due + self._every)  # counted from when this one was due: lateness does not add up
        self._due_at = self.clock() + timedelta(seconds=self._due - now)
        return self._due_at

    def wait(self) -> None:
        """Sleep until the next cycle is due."""
        while (left := min(self._due - self._monotonic(), (self._due_at - self.clock()).total_seconds())) > 0:
            self._sleep(min(left, _LONGEST_SLEEP))
        self._due = min(self._due, self._monotonic())
