"""Count the victims whom a sentence names: "the victims were identified as", "among the dead were"."""

from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Token

from transforms import tally, victims
from transforms.casualty_rules import Effect, lexicon
from transforms.crowd import is_person
from transforms.scene import Group, Scene

_BELONGING = frozenset({"among", "be", "is", "are", "was", "were", "include"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_PLURAL_PRONOUNS = frozenset({"they", "both", "all"})
_AS_NEAR = 16  # tokens from a verb like "identify" to the "as" before the names


def named_by(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Count whom "the victims were identified as", "among the dead were" and "was among those killed" name."""
    opening = {word.lower_ for word in token.doc[: token.i]}
    if opening <= {"also", "among", "the", "those", "and"} and opening != {"the"}:
        verb = next((word for word in token.doc[token.i + 1 : -1] if word.lower_ in {"was", "were", "is", "are"}), None)
        if verb is not None and (found := tally.count_from(verb.i + 1, token, scene)):
            return found
    names = _names(token)
    groups = tally.people(names[0].head, names[:1], scene) if names and names[0] != token else ()
    if not all(group.is_counted and is_person(scene.doc[group.head], scene) for group in groups):
        return ()
    is_among = any(word.lower_ == "among" for word in token.doc[max(token.i - 3, 0) : token.i])
    is_before = bool(names) and names[0].i < token.i
    is_some = (is_among and is_before) or token.head.lemma_ == "include"
    return tuple(replace(group, high=None) for group in groups) if is_some else groups


def meant_by_they(token: Token, heads: Sequence[Token], scene: Scene) -> tuple[Group, ...]:
    """Count whom "they" stands for: "two miners were in the shaft when they were killed", nobody for other words."""
    if not heads or any(head.lower_ not in _PLURAL_PRONOUNS or head.dep_ == "dobj" for head in heads):
        return ()
    above = [subject for verb in heads[0].head.ancestors for subject in victims.children(verb, _SUBJECTS)]
    earlier = [subject for subject in above if subject.i < heads[0].i and is_person(subject, scene)]
    groups = tally.people(token, earlier[:1], scene)
    return groups if sum(group.low or 0 for group in groups) > 1 else ()


def effect_of(victim: Token) -> Effect:
    """Return what happened to a victim by the word before it: a murder victim was killed, a gunshot victim hurt."""
    words, before = lexicon().company, victim.doc[max(victim.i - 1, 0) : victim.i].text.lower()
    if before in words["victims_killed"]:
        return "killed"
    return "injured" if before in words["victims_injured"] else "casualty"


def _names(token: Token) -> list[Token]:
    """Return the first of the names that a trigger's noun is said to be."""
    is_of_those = token.dep_ == "amod" or token.head.lower_ == "those"
    noun = token.head if is_of_those else token
    verb = noun.head.head if noun.head.dep_ == "prep" else noun.head
    if noun.dep_ in {"nsubjpass", "dobj"} and verb.lemma_ in lexicon().counting["identifying"]:
        return _behind_as(max(verb.i, noun.i), verb)
    is_definite = bool(victims.children(token, {"det"})) or is_of_those
    if noun.dep_ == "nsubj" and verb.lemma_ == "include" and is_definite:
        return victims.children(verb, {"dobj"})
    if noun.dep_ in {"nsubj", "pobj"} and verb.lemma_ == "be" and is_definite and noun.head.lower_ in _BELONGING:
        return victims.children(verb, {"attr"}) or list(map(victims.antecedent, victims.children(verb, {"nsubj"})))
    return []


def _behind_as(start: int, verb: Token) -> list[Token]:
    """Return the first name behind the "as" of "identified the victims as"."""
    near = verb.doc[start + 1 : start + _AS_NEAR]
    return [name for word in near if word.lower_ == "as" for name in victims.children(word, {"pobj"})][:1]
