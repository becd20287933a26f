"""An event: one thing that one sentence says somebody did, with its evidence."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from schemas.article import Article
from schemas.ids import stable_id
from schemas.sentence import Sentence

EventType = Literal["proposal", "condition", "refusal", "casualty_report"]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
# What finds events: rules and encoder, or rules alone.
TaggerKind = Literal["both", "rules"]
TAGGERS: tuple[TaggerKind, ...] = get_args(TaggerKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule found in one sentence. ``schemas/columns.toml`` describes the fields.

    ``trigger_start`` and ``trigger_end`` count characters of the sentence, not of the article.
    """

    event_type: EventType
    event_subtype: str | None = None
    rule_id: str
    confidence: float
    trigger_start: int
    trigger_end: int
    actor: str | None = None
    actor_country: str | None = None
    target: str | None = None
    target_country: str | None = None
    speaker: str | None = None
    attribution_text: str | None = None
    content_text: str | None = None
    condition_text: str | None = None
    killed_low: int | None = None
    killed_high: int | None = None
    injured_low: int | None = None
    injured_high: int | None = None
    missing_low: int | None = None
    missing_high: int | None = None
    casualty_text: str | None = None
    victim_type: str | None = None
    is_cumulative: bool | None = None
    place: str | None = None
    place_country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    event_date: date | None = None
    event_date_precision: str | None = None
    event_date_text: str | None = None
    plover: str | None = None
    cameo: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A finding and the sentence that it was found in."""

    sentence: Sentence
    finding: Finding

    def event_id(self, article: Article) -> str:
        """Return the id that follows from the article, its content, the place of the trigger and the type."""
        place = (self.sentence.field, self.sentence.start, self.finding.trigger_start, self.finding.trigger_end)
        return stable_id(article.article_id, article.content_hash, *place, self.finding.event_type)


@dataclass(frozen=True, slots=True)
class TaggedArticle:
    """An article that went all the way, with the events of its sentences in reading order."""

    article: Article
    sentence_count: int
    events: tuple[Event, ...]
