"""Events with their date, their place, and the countries of actor and target."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from schemas.article import Article
from schemas.event import Event, Finding
from transforms.nations import country_of
from transforms.offsets import unbroken
from transforms.when import find_date
from transforms.where import article_countries, find_place


def situate(article: Article, events: Sequence[Event]) -> list[Event]:
    """Return the events of an article with when, where and whose they are, as far as the text says."""
    if not events:
        return []
    countries = article_countries(article.title, article.text)
    return [
        Event(event.sentence, situate_finding(event.finding, event.sentence.text, article.published_at, countries))
        for event in events
    ]


def situate_finding(
    finding: Finding, sentence: str, published: datetime | None, countries: Mapping[str, float]
) -> Finding:
    """Return a finding with when, where and whose it is; ``countries`` are those that the article mentions."""
    text = unbroken(sentence)
    is_report = finding.event_type == "casualty_report"
    date = find_date(text, finding.trigger_start, published, is_report=is_report)
    place = find_place(text, finding.trigger_start, countries, is_report=is_report)
    day = published.date() if published else None
    return replace(
        finding,
        actor_country=country_of(finding.actor, day, countries),
        target_country=country_of(finding.target, day, countries),
        place=place.name if place else None,
        place_country=place.country if place else None,
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        event_date=date.date if date else None,
        event_date_precision=date.precision if date else None,
        event_date_text=date.text if date else None,
    )
