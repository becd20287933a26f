import numpy as np
import pytest

from transforms.encode import (
    CLS,
    CONTEXT,
    MAX_CONTEXT,
    MAX_SENTENCE,
    SENTENCE,
    SEP,
    Encoding,
    Scores,
    encode_text,
    load_encoder,
    open_tokenizer,
)
from transforms.odds import sigmoid


def encode(text: str, before: tuple[str, ...] = ()) -> Encoding:
    return encode_text(open_tokenizer(), text, before)


def scores_of(encoding: Encoding, column: int, values: dict[str, float]) -> Scores:
    tokens = np.full((len(encoding.ids), 7), -9.0, np.float32)
    for row, place in enumerate(encoding.places):
        if place is not None:
            tokens[row, column] = values.get(encoding.word_at(place), -9.0)
    return Scores(encoding, 0.0, (0.0, 0.0, 0.0, 0.0), tokens)


def test_sentence_and_context_are_told_apart() -> None:
    encoding = encode("She rejected it.", ("Norvania offered talks.", "It rained."))
    assert (encoding.ids[0], encoding.ids[-1]) == (CLS, SEP)
    assert encoding.context == "It rained. Norvania offered talks."
    assert encoding.types == tuple(sorted(encoding.types))
    assert len(encoding.ids) == len(encoding.types) == len(encoding.places)
    words = {encoding.word_at(place) for place in encoding.places if place and place[0] == CONTEXT}
    assert {"Norvania", "talks", "rained"} <= words


def test_every_piece_of_a_word_points_to_the_whole_word() -> None:
    encoding = encode("Norvanians refuse.")
    pieces = [place for place in encoding.places if place and encoding.word_at(place) == "Norvanians"]
    assert len(pieces) > 1
    assert set(pieces) == {(SENTENCE, 0, 10)}


def test_no_sentence_before_no_context() -> None:
    encoding = encode("Nobody came.")
    assert set(encoding.types) == {SENTENCE}
    assert encoding.ids.count(SEP) == 1


def test_long_input_keeps_the_head_of_the_sentence_and_the_nearest_context() -> None:
    encoding = encode("alpha " + "word " * 500 + "omega", ("near " * 300 + "nearest", "far " * 300))
    words = [encoding.word_at(place) for place in encoding.places if place]
    assert len(encoding.ids) == MAX_SENTENCE + MAX_CONTEXT + 3
    assert "alpha" in words
    assert "omega" not in words
    assert words[-1] == "nearest"
    assert "far" not in words


@pytest.mark.parametrize("text", ["", " ", "\u200b", "😀😀", "日本語の文", "a" * 5000])
def test_odd_text_is_scored(text: str) -> None:
    scores = load_encoder().score(text, ())
    assert scores is not None
    assert np.isfinite(scores.events).all()
    start, end = scores.trigger("refusal")
    assert 0 <= start <= end <= len(text)


def test_trigger_is_the_word_of_the_sentence_that_speaks_most() -> None:
    encoding = encode("Norvania rejected the plan.", ("Estmark vetoed it.",))
    scores = scores_of(encoding, 2, {"rejected": 3.0, "vetoed": 9.0, "plan": 1.0})
    assert scores.trigger("refusal") == (9, 17)


def test_actors_are_words_with_probabilities() -> None:
    encoding = encode("It rejected the plan.", ("Norvania spoke.",))
    actors = scores_of(encoding, 6, {"Norvania": 2.0}).actors("refusal")
    best = max(actors, key=lambda place: actors[place])
    assert best == (CONTEXT, 0, 8)
    assert actors[best] == pytest.approx(sigmoid(2.0))


def test_scores_do_not_depend_on_what_was_scored_before() -> None:
    encoder = load_encoder()
    first = encoder.score("Norvania rejected the plan.", ("It rained.",))
    encoder.score("Thirty people died in the flood, officials said on Tuesday.", ())
    again = encoder.score("Norvania rejected the plan.", ("It rained.",))
    assert first is not None
    assert again is not None
    assert (first.chance, first.events) == (again.chance, again.events)


def test_a_glance_is_enough_where_there_is_no_chance() -> None:
    assert load_encoder().score("Norvania rejected the plan.", (), least_chance=99.0) is None


@pytest.mark.parametrize(("score", "probability"), [(0, 0.5), (1000, 1.0), (-1000, 0.0)])
def test_sigmoid_holds_at_the_ends(score: float, probability: float) -> None:
    assert sigmoid(score) == probability
