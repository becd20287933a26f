"""Ctrl-C and SIGTERM: they end what is at work, but never in the middle of a commit."""

import signal
from collections.abc import Callable, Iterator
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
def interruptible() -> Iterator[Signals]:
    """Let SIGTERM end the block as Ctrl-C does, and Ctrl-C as itself though Beam wraps it into another error."""
    signals = Signals()

    def interrupt(kind: int, _frame: FrameType | None) -> None:
        signals.received.append(kind)
        raise KeyboardInterrupt

    with _handled(interrupt):
        try:
            yield signals
        except Exception:
            if signals.received:
                raise KeyboardInterrupt from None
            raise


@contextmanager
def deferred() -> Iterator[None]:
    """Let a signal that comes while the block runs have its effect at the end: a commit goes through."""
    received: list[int] = []
    with _handled(lambda kind, _frame: received.append(kind)):
        yield
    for kind in received[:1]:
        signal.raise_signal(kind)


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    before = [signal.signal(kind, handler) for kind in _KINDS]
    try:
        yield
    finally:
        for kind, former in zip(_KINDS, before, strict=True):
            signal.signal(kind, former)
