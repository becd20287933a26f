"""An event: one thing that one sentence says somebody did, with its evidence."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from schemas.article import Article

EventType = Literal["proposal", "condition", "refusal", "casualty_report"]
EVENT_TYPES: tuple[EventType, ...] = ("proposal", "condition", "refusal", "casualty_report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of one sentence. The columns are described in ``schemas/columns.toml``."""

    event_id: str
    event_type: EventType
    event_subtype: str | None = None
    sentence: str
    sentence_index: int
    sentence_field: str
    sentence_start: int
    sentence_end: int
    trigger_text: str
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
    confidence: float
    rule_id: str
    plover: str | None = None
    cameo: str | None = None
    tagger_version: str
    model_name: str


@dataclass(frozen=True, slots=True)
class TaggedArticle:
    """An article that went all the way, with the events of its sentences in reading order."""

    article: Article
    sentence_count: int
    events: tuple[Event, ...]
