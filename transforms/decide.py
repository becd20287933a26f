"""The decision: what the encoder and the rules say of a sentence, joined to one calibrated probability for each type.

The numbers of ``rules/decisions.toml`` were fitted (logistic regression) to labelled articles that neither the encoder
nor the weights had seen; ``training/fit_decisions.py`` makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from schemas.event import EVENT_TYPES, EventType
from transforms.encode import Scores
from transforms.odds import sigmoid
from transforms.rule_files import read_file


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one event type in one sentence.

    ``encoder`` and ``weights`` are log odds (for casualties ``weights`` are those of the rule's precision, 0 without a
    rule); ``rule`` is 1 where a rule fired, else 0.
    """

    encoder: float
    weights: float
    rule: float


@dataclass(frozen=True, slots=True)
class Decision:
    """How the evidence for a type is weighed, and the probability from which on an event is reported."""

    bias: float
    encoder: float
    weights: float
    rule: float
    threshold: float
    least_encoder: float  # log odds below which a sentence is not even parsed


def probability(event_type: EventType, evidence: Evidence) -> float:
    """Return the probability that the sentence holds such an event."""
    terms = load_decisions()[event_type]
    return sigmoid(
        terms.bias + terms.encoder * evidence.encoder + terms.weights * evidence.weights + terms.rule * evidence.rule
    )


def is_event(event_type: EventType, found: float) -> bool:
    """Tell whether a probability is enough to report an event."""
    return found >= load_decisions()[event_type].threshold


def is_worth_parsing(scores: Scores) -> bool:
    """Tell whether the encoder leaves open that the sentence holds an event of any type."""
    decisions = load_decisions()
    return any(
        score >= decisions[event_type].least_encoder
        for event_type, score in zip(EVENT_TYPES, scores.events, strict=True)
    )


@cache
def load_decisions() -> Mapping[EventType, Decision]:
    """Return the decision of each type, read once per process."""
    raw = read_file("decisions")
    return {event_type: Decision(**raw[event_type]) for event_type in EVENT_TYPES}


@cache
def least_chance() -> float:
    """Return the log odds of any event below which the encoder gives up after a glance."""
    return float(read_file("decisions")["glance"]["least_chance"])
