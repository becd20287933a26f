"""A sentence and the article it stands in."""

from dataclasses import dataclass
from typing import Literal

from schemas.article import Article

SentenceField = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: ``article.<field>[start:end] == text``, exactly.

    ``index`` counts from 0 through the title's sentences and then the text's.
    """

    field: SentenceField
    index: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class SplitArticle:
    """An article with its sentences in reading order."""

    article: Article
    sentences: tuple[Sentence, ...]
