from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from pipeline.pace import Pace

MINUTE = 60.0


@dataclass
class Clocks:
    """A wall clock and a monotonic one that only go on when they are told to."""

    wall: datetime = datetime(2025, 4, 22, 10, tzinfo=UTC)
    seconds: float = 1_000.0
    starts: list[float] = field(default_factory=list)
    oversleep: float = 0.0

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        self.pass_by(seconds + self.oversleep)

    def pace(self) -> Pace:
        return Pace(timedelta(minutes=5), lambda: self.wall, self.sleep, lambda: self.seconds)

    def cycle(self, pace: Pace, seconds: float) -> datetime:
        """Work for some seconds and wait; return when the next cycle was said to be due."""
        self.starts.append(self.seconds)
        self.pass_by(seconds)
        due = pace.next_at()
        pace.wait()
        return due


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def test_it_is_every_five_minutes_from_start_to_start_however_long_a_cycle_takes(clocks: Clocks) -> None:
    pace = clocks.pace()
    for seconds in (10, 200, 299, 0):
        due = clocks.cycle(pace, seconds)
        assert due == clocks.wall
    assert [later - earlier for earlier, later in pairwise(clocks.starts)] == [5 * MINUTE] * 3


def test_being_late_each_time_does_not_add_up(clocks: Clocks) -> None:
    clocks.oversleep = 0.25
    pace = clocks.pace()
    for _ in range(100):
        clocks.cycle(pace, 10)
    assert clocks.starts[-1] - clocks.starts[0] == pytest.approx(99 * 5 * MINUTE, abs=11 * 0.25)


def test_a_cycle_that_took_too_long_is_followed_at_once_by_one_and_no_more(clocks: Clocks) -> None:
    pace = clocks.pace()
    for minutes in (17, 1, 1):
        clocks.cycle(pace, minutes * MINUTE)
    assert [later - earlier for earlier, later in pairwise(clocks.starts)] == [17 * MINUTE, 5 * MINUTE]


def test_a_machine_that_slept_makes_up_for_it_with_one_cycle(clocks: Clocks) -> None:
    pace = clocks.pace()
    clocks.cycle(pace, 10)
    clocks.pass_by(10)
    pace.next_at()
    before, clocks.wall = clocks.seconds, clocks.wall + timedelta(hours=9)  # the monotonic clock stood still
    pace.wait()
    assert clocks.seconds == before
    start = clocks.seconds
    clocks.cycle(pace, 10)
    assert clocks.seconds - start == 5 * MINUTE


def test_it_wakes_soon_when_the_wall_clock_jumps_ahead_while_it_waits(clocks: Clocks) -> None:
    def sleep_and_jump(seconds: float) -> None:
        clocks.pass_by(seconds)
        clocks.wall += timedelta(hours=9)

    pace = Pace(timedelta(hours=1), lambda: clocks.wall, sleep_and_jump, lambda: clocks.seconds)
    start = clocks.seconds
    clocks.cycle(pace, 10)
    assert clocks.seconds - start <= MINUTE


def test_a_clock_that_is_set_back_does_not_make_it_wait(clocks: Clocks) -> None:
    pace = clocks.pace()
    clocks.pass_by(10)
    pace.next_at()
    start, clocks.wall = clocks.seconds, clocks.wall - timedelta(hours=9)
    pace.wait()
    assert clocks.seconds - start == 5 * MINUTE - 10
