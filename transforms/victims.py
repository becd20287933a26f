"""Find by the parse whom a casualty trigger speaks of."""

from collections.abc import Iterable

from spacy.tokens import Token

_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_RELATIVES = frozenset({"who", "which", "that", "whom", "whose"})
_ORDINALS = frozenset({"second", "third", "fourth", "fifth", "sixth"})
_OUTSIDE = frozenset({"outside", "inside", "near", "off", "in", "on", "behind", "during", "after"})


def children(token: Token, deps: Iterable[str]) -> list[Token]:
    """Return the children of a token with one of these relations."""
    return [child for child in token.children if child.dep_ in deps]


def objects(token: Token) -> list[Token]:
    """Return whom a verb like "kill" is done to, in the active, the passive, as a participle or coordinated."""
    if found := children(token, {"nsubjpass"}) or direct_objects(token):
        return found
    if token.tag_ == "VBG" and (found := belonging(token)):
        return found
    is_participle = token.tag_ in {"VBN", "VBD"}
    if token.dep_ in {"acl", "relcl"} and (is_participle or token.dep_ == "relcl"):
        return [token.head]
    if token.dep_ == "amod" and token.head.i > token.i:
        return [token.head]
    shared = [child for child in token.children if child.dep_ == "conj" and child.pos_ == "VERB"]
    if shared and (found := children(shared[0], {"dobj"})):
        return found
    if token.dep_ == "advcl" and token.head.lemma_ == "leave" and (found := direct_objects(token.head)):
        return found  # "left the guard badly wounded"
    if is_participle and (found := children(token, {"nsubj"})):
        return found
    if is_participle and (found := [child for child in token.lefts if _is_one_more(child)]):
        return found  # "one guard was killed and another wounded"
    if token.dep_ == "conj" and is_participle and token.head != token:
        is_passive = bool(children(token, {"auxpass"}))
        return (children(token.head, _SUBJECTS) if is_passive else []) or objects(token.head)
    if token.dep_ in {"pcomp", "xcomp"} and children(token, {"auxpass"}):  # "after being shot", "survived being shot"
        other = token.head.head if token.dep_ == "pcomp" else token.head
        return [other] if other.pos_ in {"NOUN", "PROPN"} else doers(other)
    if token.dep_ in {"xcomp", "oprd", "ccomp", "acomp"}:
        above = [token.head.head] if token.head.dep_ == "acl" else []
        return children(token.head, {"dobj", "nsubjpass"}) or above
    return children(token, {"acomp", "oprd"})


def _is_one_more(token: Token) -> bool:
    is_ordinal = token.lower_ in _ORDINALS and token.i > 0 and token.nbor(-1).lower_ == "a"
    return token.lower_ == "another" or is_ordinal


def direct_objects(verb: Token) -> list[Token]:
    """Return the objects of a verb, without places that were parsed as such: "four shot outside bar"."""
    found = children(verb, {"dobj"})
    return [noun for noun in found if _OUTSIDE.isdisjoint(word.lower_ for word in verb.doc[verb.i + 1 : noun.i])]


def doers(verb: Token) -> list[Token]:
    """Return who does what a verb says: its subject, the noun that it describes, or the subject of the verb above."""
    if found := children(verb, _SUBJECTS):
        return found
    if verb.dep_ in {"acl", "relcl"}:
        return [verb.head]
    above = verb.head.head if verb.head.dep_ == "prep" else verb.head
    return doers(above) if verb.dep_ in {"conj", "xcomp", "advcl", "pcomp"} and above != verb else []


def subjects(token: Token) -> list[Token]:
    """Return who does what a verb like "die" says."""
    if found := children(token, _SUBJECTS):
        return found
    if token.dep_ in {"acl", "relcl", "amod"}:
        return [token.head]
    return doers(token)


def described(token: Token) -> list[Token]:
    """Return of whom a word like "dead" is said."""
    if found := children(token, {"nsubj"}):
        return found
    if token.dep_ in {"amod", "acl", "relcl"}:
        return [token.head]
    if token.dep_ in {"oprd", "acomp", "xcomp", "ccomp", "advcl", "conj", "advmod", "attr"}:
        return children(token.head, {"dobj", "nsubjpass"}) or doers(token.head)
    return []


def lost(token: Token) -> list[Token]:
    """Return whom somebody lost or hit: the object, never the subject."""
    return children(token, {"dobj", "nsubjpass"})


def belonging(token: Token) -> list[Token]:
    """Return who hangs on a noun: the killing of X, X's death."""
    for child in token.children:
        if child.dep_ == "prep" and child.lower_ == "of":
            return children(child, {"pobj"})
    return children(token, {"poss"})


def antecedent(token: Token) -> Token:
    """Return the noun that a relative pronoun stands for."""
    verb = token.head.head if token.lower_ == "whose" else token.head
    while verb.dep_ in {"conj", "auxpass", "xcomp"} and verb.head != verb:
        verb = verb.head
    return verb.head if token.lower_ in _RELATIVES and verb.dep_ == "relcl" else token
