import pytest

from schemas.event import EVENT_TYPES, EventType
from transforms.decide import Evidence, is_event, load_decisions, probability


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_more_evidence_never_makes_an_event_less_likely(event_type: EventType) -> None:
    doubted = probability(event_type, Evidence(encoder=-3.0, weights=-3.0, rule=0.0))
    believed = probability(event_type, Evidence(encoder=3.0, weights=3.0, rule=1.0))
    assert 0 < doubted < 0.2
    assert 0.8 < believed < 1


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_thresholds_are_probabilities(event_type: EventType) -> None:
    threshold = load_decisions()[event_type].threshold
    assert 0.1 < threshold < 0.9
    assert is_event(event_type, threshold)
    assert not is_event(event_type, threshold - 0.01)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_what_is_not_parsed_could_hardly_have_become_an_event(event_type: EventType) -> None:
    least = load_decisions()[event_type].least_encoder
    assert (
        probability(event_type, Evidence(encoder=least, weights=-2.0, rule=0.0))
        < load_decisions()[event_type].threshold
    )
