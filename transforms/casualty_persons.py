"""Tell by the words for them whether people are others than those told of before, or told of by another source."""

from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Doc, Token

from transforms import victims
from transforms.casualty_rules import lexicon
from transforms.scene import Group

_POSSESSIVE = frozenset({"PRP$", "POS"})

Told = tuple[Token, tuple[Group, ...]]


def are_unlike(first: Sequence[Group], second: Sequence[Group], doc: Doc) -> bool:
    """Tell whether single people cannot be the same: a woman and a man, a guard and "his brother"."""
    pairs = [(one, other) for one in first for other in second]
    return bool(pairs) and all(_is_unlike(one, other, doc) for one, other in pairs)


def _is_unlike(first: Group, second: Group, doc: Doc) -> bool:
    words = doc[first.head].lower_, doc[second.head].lower_
    is_deed = any(word in lexicon().rules for word in words)  # "the murder" of the one named before
    if first.high != 1 or second.high != 1 or words[0] == words[1] or is_deed:
        return False
    if is_owned_kin(first, doc) or is_owned_kin(second, doc):
        return True
    if _are_two_names(doc[first.head], doc[second.head]):
        return True
    kinds = lexicon().kinds
    return any(
        {words[0] in kinds[one], words[1] in kinds[other]} == {True}
        for one, other in (("male", "female"), ("female", "male"), ("grown", "small"), ("small", "grown"))
    )


def _are_two_names(first: Token, second: Token) -> bool:
    """Tell whether two full names stand for two people: "Ivo Lenz died and Ada Roth died", not "Ivo" and "Mr. Lenz"."""
    names = [{word.lower_ for word in (*head.lefts, head) if word.tag_ == "NNP"} for head in (first, second)]
    return first.tag_ == second.tag_ == "NNP" and all(len(name) > 1 for name in names) and names[0].isdisjoint(names[1])


def is_owned_kin(group: Group, doc: Doc) -> bool:
    """Tell whether a group is somebody's kin, and so somebody else: "his brother", "the guard's wife"."""
    head = doc[group.head]
    is_owned = any(child.tag_ == "PRP$" or child.dep_ == "poss" for child in head.children)
    return is_owned and head.lower_ in lexicon().counting["kin"]


# --- two sources


def retold(told: Sequence[Told]) -> tuple[Group, ...]:
    """Return the range between what two sources say of the same people: "police said five, officials said six"."""
    for place, first in enumerate(told):
        for second in told[place + 1 :]:
            if _is_retold(first, second):
                return (_between(first[1][0], second[1][0]),)
    return ()


def _is_retold(first: Told, second: Told) -> bool:
    if len(first[1]) != 1 or len(second[1]) != 1 or first[1][0].key == second[1][0].key:
        return False
    sources = [_source(token) for token, _ in (first, second)]
    doc, head = first[0].doc, second[1][0].head
    is_bare = doc[head].like_num or doc[head].lemma_ == doc[first[1][0].head].lemma_
    is_set_against = any(token.lower_ in lexicon().counting["conceding"] for token in doc[: second[0].i])
    return is_set_against and is_bare and None not in sources and sources[0] != sources[1]


def _source(token: Token) -> str | None:
    """Return the subject of the verb of saying above a trigger."""
    for verb in (word for word in token.ancestors if word.lemma_ in lexicon().counting["saying"]):
        return next((doer.lower_ for doer in victims.children(verb, {"nsubj"})), None)
    return None


def _between(first: Group, second: Group) -> Group:
    ends = [end for group in (first, second) for end in (group.low, group.high) if end is not None]
    return replace(first, low=min(ends), high=max(ends), end=max(first.end, second.end))
