"""Articles to sentences: lines first, then nupunkt and what it misses, with exact offsets."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import apache_beam as beam
from apache_beam.pvalue import DoOutputsTuple, TaggedOutput
from nupunkt import sent_spans

from schemas.article import Article
from schemas.reject import SAMPLE_CHARACTERS, Reject
from schemas.sentence import Sentence, SentenceField, SplitArticle
from transforms.boundaries import Span, mend
from transforms.clean import clean_text
from transforms.counters import count

# A longer "sentence" is a table, a list or garbage; it is cut at white space, so that no parse is ever long.
MAX_SENTENCE = 1_500

# The time of nupunkt grows with the square of the periods in a line: a megabyte of them took minutes.
LONGEST_LINE = 3_000

# Archives that break every line do so at one width; half of the line ends inside a paragraph then fall into sentences.
WRAPPED_LINE = range(30, 91)
WRAPPED_SHARE = 0.5

_LINE = re.compile(r"[^\n]+")
_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?![^\S\n]|\n)[^\n]+)*")
_CLOSED = re.compile(r"[.!?:;\"”’'…)\]>*]\s*$")
# Archives that lost their paragraph breaks: "ended.The" (but not "Example.Com").
_GLUED = re.compile(r"[a-z\d)%]{2}[.!?]['\"”’)]*(?=[“\"‘']?(?!(?:Com|Net|Org)\b)[A-Z][a-z ])")
_ENDED = re.compile(r"[a-z]{3}[.!?][\"”’)]*\s+(?=[A-Z])")
_SPACE = re.compile(r"\s")


def split_article(article: Article) -> SplitArticle:
    """Return the article with its sentences, the title's first."""
    sentences: list[Sentence] = []
    fields: tuple[tuple[SentenceField, str], ...] = (("title", article.title or ""), ("text", article.text))
    for field, whole in fields:
        for start, end in sentence_spans(whole):
            sentences.append(Sentence(field, len(sentences), start, end, whole[start:end]))
    return SplitArticle(article, tuple(sentences))


def sentence_spans(text: str) -> list[Span]:
    """Return the spans of the sentences: no white space around them, none empty, none above ``MAX_SENTENCE``."""
    pattern = _PARAGRAPH if is_hard_wrapped(text) else _LINE
    spans: list[Span] = []
    for block in pattern.finditer(text):
        for first, last in _short(text, _unglued(text, *block.span())):
            found = ((first + start, first + end) for start, end in sent_spans(text[first:last]))
            for start, end in mend(text, found):
                spans += _pieces(text, start, end)
    return spans


def _short(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Yield the spans, cut between sentences, at the worst between words, where they are too long for nupunkt."""
    for start, end in spans:
        while end - start > LONGEST_LINE:
            ends = [found.end() for found in _ENDED.finditer(text, start, start + LONGEST_LINE)]
            stop = ends[-1] if ends else _cut(text, start, LONGEST_LINE)
            yield start, stop
            start = stop
        yield start, end


def _unglued(text: str, start: int, end: int) -> list[Span]:
    """Return the parts of a span, cut where a sentence follows another without a space."""
    cuts = [start, *(found.end() for found in _GLUED.finditer(text, start, end)), end]
    return list(pairwise(cuts))


def is_hard_wrapped(text: str) -> bool:
    """Tell whether newlines stand for spaces: no line is long, and at least half of the line ends are mid-sentence.

    A line end is mid-sentence when the line is nearly full, ends without punctuation and the next one goes on in
    lower case (in texts all in capitals: goes on at all). Lists of headlines start every line with a capital.
    """
    lines = text.split("\n")
    if len(lines) < 2 or max(map(len, lines)) >= WRAPPED_LINE.stop:
        return False
    pairs = [(a, b) for a, b in pairwise(lines) if a.strip() and b.strip() and not b[0].isspace()]
    capitals = text.isupper()
    broken = sum(len(a) in WRAPPED_LINE and not _CLOSED.search(a) and (capitals or _goes_on(b)) for a, b in pairs)
    # Names and numbers start about every fourth continued line, so the share is asked of half of the pairs only.
    return broken > 0 and broken >= WRAPPED_SHARE * len(pairs) * (1 if capitals else 0.7)


def _goes_on(line: str) -> bool:
    return line[0].islower()


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the span without the white space around it, cut where it is too long."""
    while (stripped := _strip(text, start, end)) is not None:
        start, end = stripped
        stop = end if end - start <= MAX_SENTENCE else _cut(text, start, MAX_SENTENCE)
        yield start, start + len(text[start:stop].rstrip())
        start = stop


def _strip(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return (start + left, start + len(piece.rstrip())) if left < len(piece) else None


def _cut(text: str, start: int, most: int) -> int:
    """Return where to cut a span that is too long: behind its last white space within the limit, else at the limit."""
    limit = start + most
    spaces = [match.end() for match in _SPACE.finditer(text, start, limit)]
    return spaces[-1] if spaces else limit


def article_reject(article: Article, stage: str, error: Exception) -> Reject:
    """Return the reject of an article that a step could not take."""
    return Reject(
        stage=stage,
        source_uri=article.source_uri,
        position=article.position,
        reason=f"{stage}_failed",
        detail=clean_text(f"{type(error).__name__}: {error}"),
        sample=(article.title or article.text)[:SAMPLE_CHARACTERS],
    )


def split_or_reject(article: Article) -> Iterator[SplitArticle | TaggedOutput[Literal["rejects"], Reject]]:
    """Yield the article with its sentences, or its reject."""
    try:
        split = split_article(article)
    except Exception as error:  # one article never costs its neighbours
        yield TaggedOutput("rejects", article_reject(article, "split", error))
        return
    count("sentences", len(split.sentences))
    yield split


@dataclass
class SplitSentences(beam.PTransform[beam.PCollection[Article], DoOutputsTuple]):
    """Split articles into sentences; the output tagged ``rejects`` holds what failed."""

    def expand(self, articles: beam.PCollection[Article]) -> DoOutputsTuple:
        """Return the outputs ``articles`` and ``rejects``."""
        split = beam.ParDo(split_or_reject).with_outputs("rejects", main="articles")
        outputs: DoOutputsTuple = articles | "Split" >> split
        return outputs
