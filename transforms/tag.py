"""Sentences to events: the gate, the parse of what passes, the rules, the weights and the roles."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Literal

import apache_beam as beam
from apache_beam.pvalue import DoOutputsTuple, TaggedOutput
from spacy.language import Language

from schemas.event import Event, Finding, TaggedArticle, TaggerKind
from schemas.reject import Reject
from schemas.sentence import Sentence, SplitArticle
from transforms.casualty_article import count_shot_as_killed
from transforms.counters import count
from transforms.decide import is_worth_parsing, least_chance
from transforms.encode import Scores, load_encoder
from transforms.findings import find_events
from transforms.gate import passes
from transforms.model import load_model
from transforms.names import LOOK_BACK
from transforms.offsets import unbroken
from transforms.situate import situate
from transforms.split import article_reject

# Bump with every change of rules, weights or code that changes events.
TAGGER_VERSION = "4"

Rejects = Literal["rejects"]

BATCH_ARTICLES = 64
BATCH_SENTENCES = 64
# Sentences that are scored and parsed before the next ones are looked at: one article can have thousands.
CHUNK_SENTENCES = 1_024

# Characters. In news 3 of 10,000 sentences of the gate are longer, all of them tables and lists without line ends.
LONGEST_SENTENCE = 1_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence as the tagger sees it: its ``text``, the same in one ``line``, and those ``before``, nearest first."""

    text: str
    line: str
    before: tuple[str, ...]


# A sentence of an article; the article's number in its batch.
Place = tuple[int, Sentence]


class Tagger:
    """Finds the events of articles: with rules and encoder, or with rules and weights alone."""

    def __init__(self, model: str | None = None, *, kind: TaggerKind = "both") -> None:
        self.nlp: Language = load_model(model)
        self.encoder = load_encoder() if kind == "both" else None

    def tag_articles(self, articles: Sequence[SplitArticle]) -> list[TaggedArticle]:
        """Return the articles with their events, in the order given."""
        events: list[list[Event]] = [[] for _ in articles]
        gated = gated_sentences(articles)
        while chunk := list(islice(gated, CHUNK_SENTENCES)):
            for (article, sentence), finding in self._tag(articles, chunk):
                events[article].append(Event(sentence, finding))
        return [tagged_article(article, found) for article, found in zip(articles, events, strict=True)]

    def _tag(self, articles: Sequence[SplitArticle], chunk: Sequence[Place]) -> Iterator[tuple[Place, Finding]]:
        """Yield what the sentences say. What stands there twice, with the same before it, is parsed once."""
        places: defaultdict[Candidate, list[Place]] = defaultdict(list)
        for article, sentence in chunk:
            before = sentences_before(articles[article], sentence)
            places[Candidate(sentence.text, one_line(sentence.text), tuple(before))].append((article, sentence))
        scored = [*self._scored(places)]
        # Sentences of one length make batches without padding.
        scored.sort(key=lambda pair: len(pair[0].line))
        with self.nlp.memory_zone():
            docs = self.nlp.pipe((candidate.line for candidate, _ in scored), batch_size=BATCH_SENTENCES)
            for (candidate, scores), doc in zip(scored, docs, strict=True):
                findings = find_events(doc, candidate.text, candidate.before, scores)
                yield from product(places[candidate], findings)
        count("sentences_parsed", len(scored))

    def _scored(self, candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, Scores | None]]:
        """Yield the sentences worth a parse: those in which the encoder sees a chance."""
        for candidate in candidates:
            if self.encoder is None:
                yield candidate, None
                continue
            scores = self.encoder.score(candidate.line, candidate.before, least_chance=least_chance())
            if scores is not None and is_worth_parsing(scores):
                yield candidate, scores


def gated_sentences(articles: Sequence[SplitArticle]) -> Iterator[Place]:
    """Yield the sentences that pass the gate."""
    for number, article in enumerate(articles):
        for sentence in filter(passes_gate, article.sentences):
            yield number, sentence


def tagged_article(article: SplitArticle, found: Sequence[Event]) -> TaggedArticle:
    """Return an article with its events, with time and place, in reading order."""
    settled = situate(article.article, settle_reports(found))
    return TaggedArticle(article.article, len(article.sentences), tuple(sorted(settled, key=reading_order)))


def settle_reports(found: Sequence[Event]) -> list[Event]:
    """Return the events of an article, with its casualty reports made to agree on who of the shot died."""
    reports = [event for event in found if event.finding.event_type == "casualty_report"]
    settled = count_shot_as_killed([(event.sentence.text, event.finding) for event in reports])
    others = [event for event in found if event.finding.event_type != "casualty_report"]
    return others + [Event(event.sentence, finding) for event, finding in zip(reports, settled, strict=True)]


def passes_gate(sentence: Sentence) -> bool:
    """Tell whether a sentence has a word of the gate and can be one."""
    return len(sentence.text) <= LONGEST_SENTENCE and passes(sentence.text)


# What agencies and aggregators put around a sentence and parsers take for subjects and objects:
# "PORT SELIM (Reuters) - ", "AP - ", "PORT SELIM, Norvania -- ", "SELIM  " before it, " - Selim Gazette" behind it.
DATELINE = re.compile(
    r"(?:(?:[A-Z][A-Z.'’]+(?: [A-Z][A-Z.'’]+){0,2}(?:, [A-Z][\w. ]{1,25})?(?: ?\([A-Z][\w. ]{1,15}\))?|AP|AFP|Reuters)"
    r" ?(?:--?|–|—) |[A-Z]{3,}(?: [A-Z]{3,}){0,2} {2,3})(?=\W?[A-Z][\w’']* +[\w’']*[a-z])"
)
SOURCE = re.compile(r" [-–—] (?:[A-Z][\w.&’']*|\w+\.\w{2,3})(?: [A-Z][\w.&’']*){0,4}$")


def one_line(text: str) -> str:
    """Return the text as the parser sees it: one line, spaces for dateline and source, so that offsets stay."""
    text = unbroken(text)
    start, end = 0, len(text)
    if dateline := DATELINE.match(text):
        start = dateline.end()
    if source := SOURCE.search(text, start):
        end = source.start()
    return " " * start + text[start:end] + " " * (len(text) - end)


def sentences_before(article: SplitArticle, sentence: Sentence) -> list[str]:
    """Return the sentences before a sentence, nearest first; before the text that is not its title."""
    first = max(0, sentence.index - LOOK_BACK)
    before = (other for other in article.sentences[first : sentence.index] if other.field == sentence.field)
    return [one_line(other.text) for other in before][::-1]


def reading_order(event: Event) -> tuple[int, int, int, str, str]:
    """Return what events of one article are sorted by."""
    finding = event.finding
    return event.sentence.index, finding.trigger_start, finding.trigger_end, finding.event_type, finding.rule_id


class _TagFn(beam.DoFn):
    """Tags batches of articles; when a batch fails, its articles one by one."""

    def __init__(self, model: str | None, kind: TaggerKind) -> None:
        self._model, self._kind = model, kind

    def setup(self) -> None:
        self._tagger = Tagger(self._model, kind=self._kind)

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

    ``model`` is an installed spaCy package or a folder, None the default; ``kind`` is the tagger: rules and encoder
    (``both``) or ``rules`` alone.
    """

    model: str | None = None
    kind: TaggerKind = "both"

    def expand(self, articles: beam.PCollection[SplitArticle]) -> DoOutputsTuple:
        """Return the outputs ``articles`` and ``rejects``."""
        batches = articles | "Batch" >> beam.BatchElements(min_batch_size=1, max_batch_size=BATCH_ARTICLES)
        tag = beam.ParDo(_TagFn(self.model, self.kind)).with_outputs("rejects", main="articles")
        outputs: DoOutputsTuple = batches | "Tag" >> tag
        return outputs
