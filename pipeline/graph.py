"""The whole flow on one screen: sources, articles, sentences, events, tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import apache_beam as beam

from schemas.event import TaggerKind
from schemas.source import Source
from transforms.full_text import FetchFullText, FullTextSettings
from transforms.ledger import SkipKnown
from transforms.read import ReadArticles, ReadSettings
from transforms.split import SplitSentences
from transforms.stage import StageRows, StageSettings
from transforms.tag import TagEvents


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """What the steps need to know; plain values that can be sent to a worker."""

    read: ReadSettings
    stage: StageSettings
    ledger: str
    model: str | None
    tagger: TaggerKind
    full_text: FullTextSettings | None = None


def build(pipeline: beam.Pipeline, sources: Sequence[Source], settings: GraphSettings) -> None:
    """Wire the steps. Each takes bounded or unbounded input; what fails leaves a step by its ``rejects``."""
    sources_ = pipeline | "Sources" >> beam.Create(sources)
    read = sources_ | "ReadArticles" >> ReadArticles(settings.read)
    new = read.articles | "SkipKnown" >> SkipKnown(settings.ledger, settings.stage.run_id)
    if settings.full_text:
        full = new | "FetchFullText" >> FetchFullText(settings.full_text)
        full.rejects | "StagePageRejects" >> StageRows(settings.stage)
        new = full.articles
    split = new | "SplitSentences" >> SplitSentences()
    tagged = split.articles | "TagEvents" >> TagEvents(settings.model, settings.tagger)

    # One StageRows for each branch: joining them first would hold all rows in memory on the in-process runner.
    tagged.articles | "StageTagged" >> StageRows(settings.stage)
    read.rejects | "StageReadRejects" >> StageRows(settings.stage)
    split.rejects | "StageSplitRejects" >> StageRows(settings.stage)
    tagged.rejects | "StageTagRejects" >> StageRows(settings.stage)
