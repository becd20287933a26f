"""Ctrl-C and SIGTERM: they end what is at work, but never in the middle of a commit."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

_KINDS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """The signals that came while a block of ``interruptible`` ran, in order."""

    def __init__(self) -> None:
        self.received: list[int] = []

    @property
    def was_terminated(self) -> bool:
        """Tell whether SIGTERM came first, which asks politely and is no failure."""
        return self.received[:1] == [signal.SIGTERM]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only note signals while the block runs: a commit goes through."""
        with _handled(lambda kind, _frame: self.received.append(kind)):
            yield


@contextmanager
def interruptible(*, sigterm_fails: bool = True) -> Iterator[Signals]:
    """Let SIGTERM end the block as Ctrl-C does: with KeyboardInterrupt, or without an error if it is no failure."""
    signals = Signals()

    def interrupt(kind: int, _frame: FrameType | None) -> None:
        signals.received.append(kind)
        raise KeyboardInterrupt

    with _handled(interrupt):
        try:
            yield signals
        except (Exception, KeyboardInterrupt):  # Beam wraps an interrupt into an error of its own
            if not signals.received:
                raise
            if sigterm_fails or not signals.was_terminated:
                raise KeyboardInterrupt from None


@contextmanager
def deferred() -> Iterator[None]:
    """Let a signal that comes while the block runs have its effect at the end: a commit goes through."""
    received: list[int] = []
    with _handled(lambda kind, _frame: received.append(kind)):
        yield
    for kind in received[:1]:
        signal.raise_signal(kind)


@contextmanager
def at_ctrl_c(leave: Callable[[], Any]) -> Iterator[None]:
    """Call a function at Ctrl-C while the block runs: an error from within an import can get lost or be wrapped."""
    with _handled(lambda _kind, _frame: leave(), [signal.SIGINT]):
        yield


@contextmanager
def _handled(
    handler: Callable[[int, FrameType | None], Any], kinds: Sequence[signal.Signals] = _KINDS
) -> Iterator[None]:
    before = [signal.signal(kind, handler) for kind in kinds]
    try:
        yield
    finally:
        for kind, former in zip(kinds, before, strict=True):
            signal.signal(kind, former)
