"""Counters of the steps: Beam metrics for the record, a tally in this process for the progress line."""

import threading
from collections import Counter

from apache_beam.metrics import Metrics

NAMESPACE = "communique"

_tally: Counter[str] = Counter()
_lock = threading.Lock()


def count(name: str, amount: int = 1) -> None:
    """Add to a counter. Beam's figure leaves out bundles that were retried; the tally counts every attempt."""
    Metrics.counter(NAMESPACE, name).inc(amount)
    with _lock:
        _tally[name] += amount


def tally() -> dict[str, int]:
    """Return what this process counted so far, retries included."""
    with _lock:
        return dict(_tally)


def reset_tally() -> None:
    """Forget the tally, so that a second run in this process starts at zero."""
    with _lock:
        _tally.clear()
