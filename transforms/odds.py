"""Probabilities and their log odds."""

import math

LEAST = 0.001  # probabilities that log odds are cut at: 1 in 1,000 and 999 in 1,000


def sigmoid(score: float) -> float:
    """Return the probability of log odds."""
    return 1 / (1 + math.exp(-score)) if score > -700 else 0.0


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, cut at ``LEAST``."""
    held = min(max(probability, LEAST), 1 - LEAST)
    return math.log(held / (1 - held))


def cut(score: float) -> float:
    """Return log odds cut at ``LEAST``."""
    most = log_odds(1 - LEAST)
    return min(max(score, -most), most)
