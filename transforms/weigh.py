"""How sure: a linear score over the rules that fired, their frames and the words around them.

A rule alone is right in half of its cases or less: "called for" is an appeal in politics and a forecast in weather. The
weights were fitted to labelled sentences (logistic regression); they are data, one line per feature.
"""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from spacy.tokens import Doc, Token

from schemas.event import EventType
from transforms.match import Match, is_negated

WEIGHED: tuple[EventType, ...] = ("proposal", "condition", "refusal")
FRAME_RELATIONS = ("nsubj", "nsubjpass", "dobj", "xcomp", "ccomp", "prep", "agent", "aux", "advcl", "dative")
OPEN_RELATIONS = frozenset({"prep", "dobj", "xcomp", "ccomp", "agent", "pcomp", "advcl", "acl", "attr"})
ANCESTORS = 3


@dataclass(frozen=True, slots=True)
class Weights:
    """Per feature and event type a weight, per event type the bias and the least probability of an event."""

    features: Mapping[str, tuple[float, ...]]
    bias: tuple[float, ...]
    threshold: tuple[float, ...]


def weigh(doc: Doc, matches: Sequence[Match]) -> dict[EventType, float]:
    """Return for each event type the log odds that the sentence holds one."""
    weights = load_weights()
    totals = list(weights.bias)
    for feature in sentence_features(doc, matches):
        for index, weight in enumerate(weights.features.get(feature, ())):
            totals[index] += weight
    return dict(zip(WEIGHED, totals, strict=True))


def weigh_match(match: Match) -> float:
    """Return how much a match speaks for its own event type, as a sum of weights."""
    known, index = load_weights().features, WEIGHED.index(match.rule.event_type)
    return sum(known[feature][index] for feature in frame_features(match) if feature in known)


def threshold(event_type: EventType) -> float:
    """Return the least probability at which an event is reported."""
    return load_weights().threshold[WEIGHED.index(event_type)]


def sentence_features(doc: Doc, matches: Sequence[Match]) -> set[str]:
    """Return the names of all features of a sentence."""
    features = {feature for match in matches for feature in frame_features(match)}
    features.update(f"type={match.rule.event_type}" for match in matches)
    features.update(word_features(doc))
    features.add(f"length={min(len(doc) // 10, 6)}")
    features.update(f"mark={mark}" for mark in '"“?' if mark in doc.text)
    return features


def word_features(doc: Doc) -> Iterator[str]:
    """Yield words, their pairs and triples, and pairs of lemmas that depend on each other."""
    lemmas = [lemma_of(token) for token in doc]
    words = ["<name>" if token.pos_ == "PROPN" else token.lower_ for token in doc]
    for i, token in enumerate(doc):
        if token.is_punct or token.is_space:
            continue
        lemma = lemmas[i]
        yield f"w={lemma}"
        yield f"t={words[i]}"
        yield f"p={lemma}/{token.pos_}"
        if i + 1 < len(words):
            yield f"b={words[i]} {words[i + 1]}"
        if i + 2 < len(words):
            yield f"3={words[i]} {words[i + 1]} {words[i + 2]}"
        head = token.head.i
        if head != i:
            yield f"d={lemmas[head]}>{token.dep_}>{lemma}"
            yield f"e={lemmas[head]}>{token.dep_}>{token.pos_}"
            yield f"a={lemmas[head]}>{lemma}"


def frame_features(match: Match) -> Iterator[str]:
    """Yield what a rule's trigger looks like and what stands around it in the parse."""
    token, rule = match.token, f"r={match.rule.id}"
    yield rule
    yield f"{rule}|{lemma_of(token)}"
    yield f"{rule}|tag={token.tag_}"
    yield f"{rule}|dep={token.dep_}"
    yield f"{rule}|head={lemma_of(token.head)}"
    if is_negated(token):
        yield f"{rule}|neg"
    present = {child.dep_ for child in token.children}
    yield from (f"{rule}|{'has' if relation in present else 'no'}={relation}" for relation in FRAME_RELATIONS)
    for child in token.children:
        yield from _child_features(rule, child)
    for _, ancestor in zip(range(ANCESTORS), token.ancestors, strict=False):
        yield f"{rule}|anc={lemma_of(ancestor)}"


def _child_features(rule: str, child: Token) -> Iterator[str]:
    if child.dep_ == "punct":
        return
    lemma = lemma_of(child)
    yield f"{rule}|{child.dep_}={lemma}"
    yield f"c={child.dep_}={lemma}"
    if child.dep_ in OPEN_RELATIONS:
        for below in child.children:
            yield f"{rule}|{child.dep_}>{lemma_of(below)}"
            if below.dep_ == "pobj":
                yield f"{rule}|{lemma}>{lemma_of(below)}"


def lemma_of(token: Token) -> str:
    """Return the lemma, one word for all names and one for all numbers: rules must not learn who or how many."""
    if token.pos_ == "PROPN":
        return "<name>"
    return "<number>" if token.like_num else token.lemma_.lower()


@cache
def load_weights() -> Weights:
    """Return the weights of ``rules/weights.tsv.gz``, read once per process."""
    lines = gzip.decompress(files("transforms").joinpath("rules/weights.tsv.gz").read_bytes()).decode("utf-8")
    rows = (line.split("\t") for line in lines.splitlines())
    table = {name: tuple(float(value) / 100 for value in values) for name, *values in rows}
    return Weights(table, table.pop("<bias>"), table.pop("<threshold>"))
