from datetime import UTC, date, datetime

from schemas.article import Article
from schemas.event import Event, Finding
from schemas.sentence import Sentence
from transforms.situate import situate

TEXT = "Iraq buried its dead.\nTwo men were killed in\nFallujah on Monday."


def event_of(text: str, trigger: str, **fields: str) -> Event:
    sentence = Sentence("text", 1, TEXT.index(text), TEXT.index(text) + len(text), text)
    start = text.index(trigger)
    finding = {"event_type": "casualty_report", "rule_id": "x", "confidence": 0.5, **fields}
    return Event(sentence, Finding(trigger_start=start, trigger_end=start + len(trigger), **finding))  # type: ignore[arg-type]


def article(published: datetime | None) -> Article:
    return Article(title=None, text=TEXT, source_uri="-", source_format="text", published_at=published)


def test_when_where_and_whose() -> None:
    event = event_of("Two men were killed in\nFallujah on Monday.", "killed", actor="Baghdad", target="the UN")
    (found,) = situate(article(datetime(2021, 3, 17, tzinfo=UTC)), [event])
    finding = found.finding
    assert found.sentence == event.sentence
    assert (finding.place, finding.place_country) == ("Fallujah", "IRQ")
    assert (finding.latitude, finding.longitude) == (33.35, 43.79)
    assert (finding.event_date, finding.event_date_precision) == (date(2021, 3, 15), "day")
    assert finding.event_date_text == "Monday"
    assert (finding.actor_country, finding.target_country) == ("IRQ", None)
    assert finding.confidence == 0.5


def test_what_the_text_does_not_say_is_null() -> None:
    (found,) = situate(article(None), [event_of("Iraq buried its dead.", "dead")])
    finding = found.finding
    assert (finding.event_date, finding.event_date_text, finding.place, finding.latitude) == (None, None, None, None)
    assert (finding.actor_country, finding.target_country) == (None, None)


def test_no_events() -> None:
    assert situate(article(None), []) == []
