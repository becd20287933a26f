"""Find who a casualty trigger speaks of, and how many they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from transforms.numbers import Number, find_numbers

Words = frozenset[str]

_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_PERSON_POS = frozenset({"NOUN", "PROPN", "NUM", "PRON"})
_PHRASE_POS = frozenset({"NOUN", "PROPN", "ADJ", "NUM", "DET", "PRON"})
_RELATIVES = frozenset({"who", "which", "that", "whom"})
_LOOK_BACK = 8  # tokens between a trigger and the number that it goes with
_LOOK_AHEAD = 5


@dataclass(frozen=True, slots=True)
class CountWords:
    """The words that counting goes by; ``rules/casualties.toml`` says what each list holds."""

    partitives: Words
    pairs: Words
    singular: Words
    collective: Words
    people: Words
    skipped: Words


@dataclass(frozen=True, slots=True)
class Group:
    """Some people as the text counts them.

    ``key`` tells groups apart: where the number starts, else where the naming word does. ``stated`` is true for a number in the text.
    ``start`` and ``end`` count characters.
    """

    key: int
    head: int
    low: int | None
    high: int | None
    stated: bool
    start: int
    end: int


def number_tokens(doc: Doc) -> dict[int, Number]:
    """Map the index of each token of a numeral to the number."""
    found: dict[int, Number] = {}
    for number in find_numbers(doc.text):
        span = doc.char_span(number.core, number.end, alignment_mode="expand")
        found.update((token.i, number) for token in span or ())
    return found


# --- where the people stand


def children(token: Token, deps: Iterable[str]) -> list[Token]:
    """Return the children of a token with one of these relations."""
    return [child for child in token.children if child.dep_ in deps]


def objects(token: Token) -> list[Token]:
    """Return whom a verb like "kill" is done to, in the active, the passive, as a participle or coordinated."""
    if found := children(token, {"nsubjpass"}) or children(token, {"dobj"}):
        return found
    is_participle = token.tag_ in {"VBN", "VBD"}
    if token.dep_ in {"acl", "relcl"} and (is_participle or token.dep_ == "relcl"):
        return [token.head]
    if token.dep_ == "amod" and token.head.i > token.i:
        return [token.head]
    shared = [child for child in token.children if child.dep_ == "conj" and child.pos_ == "VERB"]
    if shared and (found := children(shared[0], {"dobj"})):
        return found
    if is_participle and (found := children(token, {"nsubj"})):
        return found
    if token.dep_ == "conj" and is_participle and token.head != token:
        return objects(token.head)
    if token.dep_ in {"xcomp", "oprd", "ccomp"}:
        return children(token.head, {"dobj", "nsubjpass"})
    return []


def subjects(token: Token) -> list[Token]:
    """Return who does what a verb like "die" says."""
    if found := children(token, _SUBJECTS):
        return found
    if token.dep_ in {"acl", "relcl", "amod"}:
        return [token.head]
    if token.dep_ in {"conj", "xcomp", "advcl", "pcomp"} and token.head != token:
        verb = token.head.head if token.head.dep_ == "prep" else token.head
        return children(verb, _SUBJECTS)
    return []


def described(token: Token) -> list[Token]:
    """Return of whom a word like "dead" is said."""
    if found := children(token, {"nsubj"}):
        return found
    if token.dep_ in {"amod", "acl", "relcl"}:
        return [token.head]
    if token.dep_ in {"oprd", "acomp", "xcomp", "ccomp", "advcl", "conj", "advmod", "attr"}:
        return children(token.head, {"dobj", "nsubjpass"}) or children(token.head, {"nsubj"})
    return []


def belonging(token: Token) -> list[Token]:
    """Return who hangs on a noun: the killing of X, X's death."""
    for child in token.children:
        if child.dep_ == "prep" and child.lower_ == "of":
            return children(child, {"pobj"})
    return children(token, {"poss"})


def antecedent(token: Token) -> Token:
    """Return the noun that a relative pronoun stands for."""
    verb = token.head
    while verb.dep_ in {"conj", "auxpass", "xcomp"} and verb.head != verb:
        verb = verb.head
    return verb.head if token.lower_ in _RELATIVES and verb.dep_ == "relcl" else token


def with_conjuncts(heads: Sequence[Token], numbers: Mapping[int, Number], words: CountWords) -> Iterator[Token]:
    """Yield each head and the people coordinated with it; "and damage to a building" is left out."""
    for head in map(antecedent, heads):
        yield head
        for other in head.conjuncts:
            if other.i > head.i and other.pos_ in _PERSON_POS and is_person(other, numbers, words):
                yield other


def is_person(token: Token, numbers: Mapping[int, Number], words: CountWords) -> bool:
    """Tell whether a noun may name people: known words, names, and what has a number."""
    if token.lower_ in words.people or token.pos_ == "PROPN" or token.i in numbers:
        return True
    return any(child.i in numbers for child in token.children)


# --- how many they are


def count_before(trigger: Token, numbers: Mapping[int, Number], words: CountWords) -> Group | None:
    """Read the number of "five people were killed" off the words before the trigger, whatever the parse says."""
    for token in reversed(trigger.doc[max(trigger.i - _LOOK_BACK, 0) : trigger.i]):
        if number := numbers.get(token.i):
            return _stated(number, trigger.i)
        is_link = token.lower_ in words.skipped or token.pos_ in {"AUX", "ADV"} or token.lower_ == "of"
        if not is_link and token.pos_ not in _PHRASE_POS:
            return None
    return None


def count_after(trigger: Token, numbers: Mapping[int, Number]) -> Group | None:
    """Read the number of "killing at least five" off the words behind the trigger."""
    for token in trigger.doc[trigger.i + 1 : trigger.i + 1 + _LOOK_AHEAD]:
        if number := numbers.get(token.i):
            return _stated(number, trigger.i)
        if token.pos_ in {"VERB", "AUX", "PUNCT", "SCONJ"} or (
            token.pos_ == "ADP" and token.lower_ not in {"at", "than", "up"}
        ):
            return None
    return None


def _stated(number: Number, head: int) -> Group:
    return Group(number.core, head, number.low, number.high, True, number.start, number.end)


def count(head: Token, numbers: Mapping[int, Number], words: CountWords) -> Group:
    """Count the people of one noun phrase, leaving out its conjuncts."""
    if stated := _number_of(head, numbers):
        return Group(
            stated.core, head.i, stated.low, stated.high, True, stated.start, max(stated.end, head.idx + len(head))
        )
    if head.lower_ in words.partitives | words.collective:
        for child in head.children:
            if child.dep_ == "prep" and child.lower_ == "of":
                for inner in children(child, {"pobj"}):
                    return count(inner, numbers, words)
    if head.lower_ in words.pairs:
        return _implied(head, 2)
    return _implied(head, 1 if _is_single(head, words) else None)


def _number_of(head: Token, numbers: Mapping[int, Number]) -> Number | None:
    """Return the number that stands in the noun phrase before its head, or is the head."""
    for token in reversed(head.doc[head.left_edge.i : head.i + 1]):
        if token.i in numbers and (token == head or _hangs_on(token, head)):
            return numbers[token.i]
    return None


def _hangs_on(token: Token, head: Token) -> bool:
    """Tell whether a numeral counts the head and not something inside a clause or phrase before it."""
    while token != head:
        if token.dep_ in {"pobj", "dobj", "nsubj", "relcl", "acl", "poss", "appos"} or token.head == token:
            return False
        token = token.head
    return True


def _implied(head: Token, number: int | None) -> Group:
    return Group(head.idx, head.i, number, number, False, head.idx, head.idx + len(head))


def _is_single(head: Token, words: CountWords) -> bool:
    if head.lower_ in words.singular or (head.lower_ == "old" and head.i and head.nbor(-1).text == "-"):
        return True
    return head.tag_ in {"NN", "NNP"} and head.lower_ not in words.collective
