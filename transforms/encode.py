"""The sentence encoder: a small fine-tuned language model that tells what a sentence reports, on which words, and who.

It reads a sentence with the sentences before it and gives each event type a score: the mean of the scores of its
words, so that each word's share is known. For proposals, conditions and refusals it also scores every word, before the
sentence too, for being part of the name of who proposes, sets the condition or refuses. ``training/README.md`` says how
it was made. Sentences are scored one by one: the numbers must not depend on which sentences stand in the same batch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding as Tokens
from tokenizers import Tokenizer

from schemas.event import EVENT_TYPES, EventType
from transforms.odds import sigmoid

# Bump with every change of the weights.
ENCODER_VERSION = "3"

MAX_SENTENCE = 128  # tokens of the sentence
MAX_CONTEXT = 40  # tokens of what stands before it
CONTEXT_SENTENCES = 2
CLS, SEP = 101, 102  # of the BERT vocabulary
SENTENCE, CONTEXT = 0, 1

# A word of the sentence or of the text before it: which of the two, first character, behind the last.
Place = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Encoding:
    """A sentence as token ids; ``types`` are 0 in the sentence, 1 before it.

    ``places`` holds for each token the whole word it belongs to, None for the marks between the parts.
    """

    text: str
    context: str
    ids: tuple[int, ...]
    types: tuple[int, ...]
    places: tuple[Place | None, ...]

    def word_at(self, place: Place) -> str:
        """Return the word at a place."""
        part, start, end = place
        return (self.text, self.context)[part][start:end]


@dataclass(frozen=True, slots=True)
class Scores:
    """What the encoder says of a sentence.

    ``chance`` is what the glance gave: log odds of any event. ``events`` are log odds for each of ``EVENT_TYPES``;
    ``tokens`` has a row for each token of ``encoding`` and columns for its share in each event type, then for being
    part of the actor of each of the first three.
    """

    encoding: Encoding
    chance: float
    events: tuple[float, ...]
    tokens: NDArray[np.float32]

    def trigger(self, event_type: EventType) -> tuple[int, int]:
        """Return the characters of the word of the sentence that speaks most for an event type."""
        column = self.tokens[:, EVENT_TYPES.index(event_type)]
        own = [(share, place) for share, place in zip(column, self.encoding.places, strict=True) if _is_own_word(place)]
        place = max(own)[1] if own else None
        return place[1:] if place else (0, len(self.encoding.text))

    def actors(self, event_type: EventType) -> dict[Place, float]:
        """Return for each word the probability that it is part of the actor's name."""
        column = self.tokens[:, len(EVENT_TYPES) + EVENT_TYPES.index(event_type)]
        found: dict[Place, float] = {}
        for score, place in zip(column, self.encoding.places, strict=True):
            if place is not None:
                found[place] = max(found.get(place, 0.0), sigmoid(float(score)))
        return found


def _is_own_word(place: Place | None) -> bool:
    return place is not None and place[0] == SENTENCE


def encode_text(tokenizer: Tokenizer, text: str, before: Sequence[str]) -> Encoding:
    """Return a sentence and the sentences before it, nearest first, as ``[CLS] sentence [SEP] before [SEP]``."""
    context = " ".join(sentence.strip() for sentence in reversed(before[:CONTEXT_SENTENCES]))
    ids, types = [CLS], [SENTENCE]
    places: list[Place | None] = [None]
    for part, whole in ((SENTENCE, text), (CONTEXT, context)):
        encoded = tokenizer.encode(whole, add_special_tokens=False)
        kept = slice(0, MAX_SENTENCE) if part == SENTENCE else slice(-MAX_CONTEXT, None)
        if encoded.ids or part == SENTENCE:
            ids += [*encoded.ids[kept], SEP]
            places += [*_words(encoded, part)[kept], None]
            types += [part] * (len(ids) - len(types))
    return Encoding(text, context, tuple(ids), tuple(types), tuple(places))


def _words(encoded: Tokens, part: int) -> list[Place]:
    """Return for each token the whole word that it belongs to."""
    bounds: dict[int | None, tuple[int, int]] = {}
    for word, (start, end) in zip(encoded.word_ids, encoded.offsets, strict=True):
        first, last = bounds.get(word, (start, end))
        bounds[word] = (min(first, start), max(last, end))
    return [(part, *bounds[word]) for word in encoded.word_ids]


class Encoder:
    """The encoder of this process; ``load_encoder`` returns it."""

    def __init__(self) -> None:
        self._tokenizer = open_tokenizer()
        self._glance, self._rest = (_open_model(name) for name in ("glance", "encoder"))

    def score(self, text: str, before: Sequence[str], *, least_chance: float = -math.inf) -> Scores | None:
        """Return the scores of a sentence; ``before`` holds the sentences before it, nearest first.

        Return None after a glance, a third of the work, when that gives the sentence log odds of any event below
        ``least_chance``.
        """
        encoding = encode_text(self._tokenizer, text, before)
        types = np.array([encoding.types])
        chance, hidden = self._glance.run(["chance", "hidden"], {"ids": np.array([encoding.ids]), "types": types})
        if chance[0] < least_chance:
            return None
        events, tokens = self._rest.run(["events", "tokens"], {"hidden": hidden, "types": types})
        return Scores(encoding, float(chance[0]), tuple(map(float, events[0])), tokens[0])


def _open_model(name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with as_file(files("transforms").joinpath(f"encoder/{name}.onnx")) as path:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@cache
def load_encoder() -> Encoder:
    """Return the encoder, loaded once per process."""
    return Encoder()


@cache
def open_tokenizer() -> Tokenizer:
    """Return the tokenizer of the encoder, read once per process."""
    return Tokenizer.from_str(files("transforms").joinpath("encoder/tokenizer.json").read_text(encoding="utf-8"))
