"""Sentences to events: the gate, the parse of what passes, the rules, the weights and the roles."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import apache_beam as beam
from apache_beam.pvalue import DoOutputsTuple, TaggedOutput
from spacy.language import Language
from spacy.tokens import Doc, Token

from schemas.event import Event, Finding, TaggedArticle
from schemas.reject import Reject
from schemas.sentence import Sentence, SplitArticle
from transforms.casualties import find_casualties
from transforms.counters import count
from transforms.gate import passes
from transforms.match import Match, find_matches
from transforms.model import load_model, model_name
from transforms.roles import LOOK_BACK, find_roles
from transforms.split import article_reject
from transforms.weigh import threshold, weigh, weigh_match

# Bump with every change of rules, weights or code that changes events.
TAGGER_VERSION = "1"

Rejects = Literal["rejects"]

BATCH_ARTICLES = 64
BATCH_SENTENCES = 64
CLAUSES = frozenset({"ROOT", "ccomp", "advcl", "relcl", "conj", "parataxis", "pcomp", "acl"})


class Tagger:
    """Finds the events of articles with one language model."""

    def __init__(self, model: str | None = None) -> None:
        self.nlp: Language = load_model(model)
        self.model_name = model_name(self.nlp)

    def tag_articles(self, articles: Sequence[SplitArticle]) -> list[TaggedArticle]:
        """Return the articles with their events, in the order given."""
        places = [
            (number, sentence)
            for number, article in enumerate(articles)
            for sentence in article.sentences
            if passes(sentence.text)
        ]
        # Sentences of one length make batches without padding.
        places.sort(key=lambda place: len(place[1].text))
        events: list[list[Event]] = [[] for _ in articles]
        with self.nlp.memory_zone():
            docs = self.nlp.pipe((one_line(sentence.text) for _, sentence in places), batch_size=BATCH_SENTENCES)
            for (number, sentence), doc in zip(places, docs, strict=True):
                before = sentences_before(articles[number], sentence)
                events[number] += [Event(sentence, finding) for finding in find_events(doc, sentence.text, before)]
        count("sentences_parsed", len(places))
        return [
            TaggedArticle(article.article, len(article.sentences), tuple(sorted(found, key=reading_order)))
            for article, found in zip(articles, events, strict=True)
        ]


# What agencies and aggregators put around a sentence and parsers take for subjects and objects:
# "PORT SELIM (Reuters) - ", "AP - ", "PORT SELIM, Norvania -- ", "SELIM  " before it, " - Selim Gazette" behind it.
DATELINE = re.compile(
    r"(?:(?:[A-Z][A-Z.'’]+(?: [A-Z][A-Z.'’]+){0,2}(?:, [A-Z][\w. ]{1,25})?(?: ?\([A-Z][\w. ]{1,15}\))?|AP|AFP|Reuters)"
    r" ?(?:--?|–|—) |[A-Z]{3,}(?: [A-Z]{3,}){0,2} {2,3})(?=\W?[A-Z][\w’']* +[\w’']*[a-z])"
)
SOURCE = re.compile(r" [-–—] (?:[A-Z][\w.&’']*|\w+\.\w{2,3})(?: [A-Z][\w.&’']*){0,4}$")


def one_line(text: str) -> str:
    """Return the text as the parser sees it: one line, spaces for dateline and source, so that offsets stay."""
    text = text.replace("\n", " ").replace("\t", " ")
    start, end = 0, len(text)
    if dateline := DATELINE.match(text):
        start = dateline.end()
    if source := SOURCE.search(text, start):
        end = source.start()
    return " " * start + text[start:end] + " " * (len(text) - end)


def sentences_before(article: SplitArticle, sentence: Sentence) -> list[str]:
    """Return the sentences before a sentence, nearest first."""
    first = max(0, sentence.index - LOOK_BACK)
    return [one_line(before.text) for before in reversed(article.sentences[first : sentence.index])]


def reading_order(event: Event) -> tuple[int, int, int, str, str]:
    """Return what events of one article are sorted by."""
    finding = event.finding
    return event.sentence.index, finding.trigger_start, finding.trigger_end, finding.event_type, finding.rule_id


def find_events(doc: Doc, text: str, before: Sequence[str] = ()) -> list[Finding]:
    """Return what a parsed sentence says somebody did."""
    matches = find_matches(doc)
    findings = list(find_casualties(doc))
    if matches:
        for event_type, probability in weigh(doc, matches).items():
            if probability >= threshold(event_type):
                own = [match for match in matches if match.rule.event_type == event_type]
                findings += [finding_of(match, probability, text, before) for match in best_matches(own)]
    return findings


def best_matches(matches: Iterable[Match]) -> list[Match]:
    """Return the strongest match, and of the other clauses those that speak for the event too."""
    ranked = sorted(matches, key=lambda match: (-weigh_match(match), match.start, match.end, match.rule.id))
    kept: list[Match] = []
    for match in ranked:
        first = not kept
        if first or (weigh_match(match) > 0 and not any(_same_clause(match, other) for other in kept)):
            kept.append(match)
    return kept


def _same_clause(match: Match, other: Match) -> bool:
    overlap = match.start < other.end and other.start < match.end
    return overlap or clause_of(match.token).i == clause_of(other.token).i


def clause_of(token: Token) -> Token:
    """Return the word that heads the token's clause."""
    while token.head.i != token.i and not (token.dep_ in CLAUSES and token.pos_ in ("VERB", "AUX")):
        token = token.head
    return token


def finding_of(match: Match, confidence: float, text: str, before: Sequence[str]) -> Finding:
    """Return the finding of one match."""
    rule, roles = match.rule, find_roles(match, text, before)
    return Finding(
        event_type=rule.event_type,
        event_subtype=rule.subtype,
        rule_id=rule.id,
        confidence=round(confidence, 3),
        trigger_start=match.start,
        trigger_end=match.end,
        actor=roles.actor,
        target=roles.target,
        speaker=roles.speaker,
        attribution_text=roles.attribution_text,
        content_text=roles.content_text,
        condition_text=roles.condition_text,
        plover=rule.plover,
        cameo=rule.cameo,
    )


class _TagFn(beam.DoFn):
    """Tags batches of articles; when a batch fails, its articles one by one."""

    def __init__(self, model: str | None = None) -> None:
        self._model = model

    def setup(self) -> None:
        self._tagger = Tagger(self._model)

    def process(self, batch: Sequence[SplitArticle]) -> Iterator[TaggedArticle | TaggedOutput[Rejects, Reject]]:
        results: list[TaggedArticle | TaggedOutput[Rejects, Reject]]
        try:
            results = [*self._tagger.tag_articles(batch)]
        except Exception:  # one article never costs its neighbours
            results = [self._tag_alone(article) for article in batch]
        for result in results:
            if isinstance(result, TaggedArticle):
                count("articles")
                count("events", len(result.events))
            yield result

    def _tag_alone(self, article: SplitArticle) -> TaggedArticle | TaggedOutput[Literal["rejects"], Reject]:
        try:
            return self._tagger.tag_articles([article])[0]
        except Exception as error:
            return TaggedOutput("rejects", article_reject(article.article, "tag", error))


@dataclass
class TagEvents(beam.PTransform[beam.PCollection[SplitArticle], DoOutputsTuple]):
    """Find the events of articles; the output tagged ``rejects`` holds the articles that failed.

    ``model`` is an installed spaCy package or a folder; None takes the default.
    """

    model: str | None = None

    def expand(self, articles: beam.PCollection[SplitArticle]) -> DoOutputsTuple:
        """Return the outputs ``articles`` and ``rejects``."""
        batches = articles | "Batch" >> beam.BatchElements(min_batch_size=1, max_batch_size=BATCH_ARTICLES)
        tag = beam.ParDo(_TagFn(self.model)).with_outputs("rejects", main="articles")
        outputs: DoOutputsTuple = batches | "Tag" >> tag
        return outputs
