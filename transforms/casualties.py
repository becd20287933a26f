"""Find reports of people killed, injured or missing in a parsed sentence, and count them."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from spacy.tokens import Doc, Token

from schemas.event import Finding
from transforms.numbers import Number, find_numbers

Effect = Literal["killed", "injured", "missing", "casualty"]
_NOUN_TAGS = frozenset({"NOUN", "PROPN", "NUM", "PRON", "ADJ", "DET", "X"})
_PERSON_POS = frozenset({"NOUN", "PROPN", "NUM", "PRON"})
_OBJECTS = frozenset({"dobj", "nsubjpass"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})


@dataclass(frozen=True, slots=True)
class _Rule:
    rule_id: str
    effect: Effect
    frame: str
    pos: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Lexicon:
    rules: Mapping[str, tuple[_Rule, ...]]
    governors: frozenset[str]
    modals: frozenset[str]
    markers: frozenset[str]
    things: frozenset[str]
    partitives: frozenset[str]
    pairs: frozenset[str]
    singular: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Group:
    """Some people as the text counts them; ``head`` is the token that names them."""

    head: int
    low: int | None
    high: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Mention:
    """A trigger that reports something, with the people that it happened to."""

    rule: _Rule
    token: Token
    effect: Effect
    groups: tuple[_Group, ...]


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    data = tomllib.loads(files("transforms").joinpath("rules/casualties.toml").read_text(encoding="utf-8"))
    rules: dict[str, tuple[_Rule, ...]] = {}
    for entry in data["rules"]:
        rule = _Rule(entry["id"], entry["effect"], entry["frame"], entry["pos"], entry["confidence"])
        for form in entry["forms"]:
            rules[form] = (*rules.get(form, ()), rule)
    bars, counting = data["not_actual"], data["counting"]
    return _Lexicon(
        rules=rules,
        governors=frozenset(bars["governors"]),
        modals=frozenset(bars["modals"]),
        markers=frozenset(bars["markers"]),
        things=frozenset(bars["things"]),
        partitives=frozenset(counting["partitives"]),
        pairs=frozenset(counting["pairs"]),
        singular=frozenset(counting["singular_pronouns"]),
    )


def find_casualties(doc: Doc) -> list[Finding]:
    """Return one finding that sums up the casualties a sentence reports, or nothing."""
    triggers = [(token, rule) for token in doc if (rule := _rule_of(token)) is not None]
    if not triggers:
        return []
    numbers = _numbers_by_token(doc)
    mentions = [_mention(token, rule, numbers) for token, rule in triggers]
    actual = [mention for mention in mentions if mention is not None]
    return [_finding(doc, actual)] if actual else []


def _rule_of(token: Token) -> _Rule | None:
    """Return the rule of a form; a form of two rules goes by its part of speech."""
    rules = _lexicon().rules.get(token.lower_, ())
    if len(rules) < 2:
        return rules[0] if rules else None
    pos = "verb" if token.tag_.startswith("V") or token.pos_ in {"VERB", "ADJ"} else "noun"
    return next((rule for rule in rules if rule.pos == pos), rules[0])


def _numbers_by_token(doc: Doc) -> dict[int, Number]:
    """Map the index of each token of a numeral to the number."""
    numbers = find_numbers(doc.text)
    return {token.i: n for n in numbers for token in doc if n.core <= token.idx < n.end}


def _mention(token: Token, rule: _Rule, numbers: Mapping[int, Number]) -> _Mention | None:
    heads = list(_people(token, rule))
    if any(head.lower_ in _lexicon().things for head in heads) or not _is_actual(token):
        return None
    groups = tuple(group for head in heads if (group := _count(head, numbers)) is not None)
    if rule.frame == "event" and not heads:
        own = _count(token, numbers)
        groups = (own,) if own else ()
    if _is_negated(token) and not groups:
        return None
    return _Mention(rule, token, rule.effect, groups)


# --- who it happened to


def _people(token: Token, rule: _Rule) -> Iterator[Token]:
    """Yield the heads of the phrases that name the people, conjuncts included."""
    if rule.frame == "object":
        found = _objects(token)
    elif rule.frame == "subject":
        found = _subjects(token)
    elif rule.frame == "predicate":
        found = _described(token)
    elif rule.frame == "event":
        found = _of(token)
    elif rule.frame in {"people", "lives"}:
        found = [token]
    else:
        found = []
    for head in map(_antecedent, found):
        yield head
        yield from (other for other in head.conjuncts if other.pos_ in _PERSON_POS and other.i > head.i)


def _antecedent(token: Token) -> Token:
    """Return the noun that a relative pronoun stands for."""
    verb = token.head
    return verb.head if token.lower_ in {"who", "which", "that", "whom"} and verb.dep_ == "relcl" else token


def _children(token: Token, deps: Iterable[str]) -> list[Token]:
    return [child for child in token.children if child.dep_ in deps]


def _objects(token: Token) -> list[Token]:
    if found := _children(token, {"nsubjpass"}) or _children(token, {"dobj"}):
        return found
    if token.dep_ in {"acl", "relcl", "amod"}:
        return [token.head]
    shared = [child for child in token.children if child.dep_ == "conj" and child.pos_ == "VERB"]
    if shared and (found := _children(shared[0], {"dobj"})):
        return found
    if token.tag_ in {"VBN", "VBD"} and (found := _children(token, {"nsubj"})):
        return found
    if token.dep_ == "conj" and token.tag_ in {"VBN", "VBD"} and token.head != token:
        return _children(token.head, _OBJECTS) or _objects_of_head(token)
    if token.dep_ in {"xcomp", "oprd", "ccomp"}:
        return _children(token.head, _OBJECTS)
    return []


def _objects_of_head(token: Token) -> list[Token]:
    return [token.head.head] if token.head.dep_ in {"acl", "relcl"} else []


def _subjects(token: Token) -> list[Token]:
    if found := _children(token, _SUBJECTS):
        return found
    if token.dep_ in {"acl", "relcl", "amod"}:
        return [token.head]
    if token.dep_ in {"conj", "xcomp", "advcl"} and token.head != token:
        return _children(token.head, _SUBJECTS)
    return []


def _described(token: Token) -> list[Token]:
    if found := _children(token, {"nummod", "nsubj"}):
        return [token] if found[0].dep_ == "nummod" else found
    if token.dep_ in {"amod", "acl", "relcl"}:
        return [token.head]
    if token.dep_ in {"oprd", "acomp", "xcomp", "ccomp", "advcl", "conj", "advmod"}:
        return _children(token.head, _OBJECTS) or _children(token.head, {"nsubj"})
    return [token] if token.pos_ in {"NOUN", "PROPN"} else []


def _of(token: Token) -> list[Token]:
    """Return who stands behind "of" or before the noun: the killing of X, X's death."""
    for child in token.children:
        if child.dep_ == "prep" and child.lower_ == "of":
            return _children(child, {"pobj"})
    return _children(token, {"poss"})


# --- how many


def _count(head: Token, numbers: Mapping[int, Number]) -> _Group | None:
    """Count the people of one noun phrase, leaving out its conjuncts."""
    lexicon = _lexicon()
    for token in reversed(list(head.doc[head.left_edge.i : head.i + 1])):
        if number := numbers.get(token.i):
            return _Group(head.i, number.low, number.high, number.start, max(number.end, head.idx + len(head)))
    if head.lower_ in lexicon.partitives:
        for child in head.children:
            if child.dep_ == "prep" and child.lower_ == "of":
                inner = [group for o in _children(child, {"pobj"}) if (group := _count(o, numbers))]
                if inner:
                    return inner[0]
    if head.lower_ in lexicon.pairs:
        return _group_of(head, 2)
    is_one = head.lower_ in lexicon.singular or head.tag_ in {"NN", "NNP"}
    return _group_of(head, 1 if is_one else None)


def _group_of(head: Token, count: int | None) -> _Group:
    return _Group(head.i, count, count, head.idx, head.idx + len(head))


# --- whether it happened


def _is_actual(token: Token) -> bool:
    """Tell whether a trigger is stated as a fact or a claim: no wish, threat, plan, condition or guess."""
    lexicon = _lexicon()
    for child in token.children:
        if child.dep_ == "aux" and child.lower_ in lexicon.modals and not _has_perfect(token):
            return False
        if child.dep_ == "mark" and child.lower_ in lexicon.markers:
            return False
    if any(child.dep_ == "aux" and child.lower_ == "to" for child in token.children):
        return token.head.lemma_.lower() in {"begin", "start", "manage", "continue"}
    return token.head == token or token.head.lemma_.lower() not in lexicon.governors


def _has_perfect(verb: Token) -> bool:
    return any(child.dep_ == "aux" and child.lower_ in {"have", "'ve"} for child in verb.children)


def _is_negated(token: Token) -> bool:
    return any(child.dep_ == "neg" for child in token.children)


# --- the finding


def _finding(doc: Doc, mentions: list[_Mention]) -> Finding:
    best = max(mentions, key=_rank)
    killed, injured, missing = (_total(mentions, effect) for effect in ("killed", "injured", "missing"))
    counts = [c for c in (killed, injured, missing) if c is not None]
    start, end = best.token.idx, best.token.idx + len(best.token)
    return Finding(
        event_type="casualty_report",
        event_subtype=best.effect if best.effect != "casualty" else "killed",
        rule_id=best.rule.rule_id,
        confidence=best.rule.confidence,
        trigger_start=start,
        trigger_end=end,
        killed_low=killed[0] if killed else None,
        killed_high=killed[1] if killed else None,
        injured_low=injured[0] if injured else None,
        injured_high=injured[1] if injured else None,
        missing_low=missing[0] if missing else None,
        missing_high=missing[1] if missing else None,
        casualty_text=None if not counts else doc.text[start:end],
        plover="ASSAULT",
    )


def _rank(mention: _Mention) -> tuple[float, int]:
    return mention.rule.confidence, -mention.token.i


def _total(mentions: list[_Mention], effect: Effect) -> tuple[int | None, int | None] | None:
    """Add up the groups of one effect, each noun once."""
    groups = {group.head: group for mention in mentions if mention.effect == effect for group in mention.groups}
    counted = [group for group in groups.values() if group.low is not None or group.high is not None]
    if not counted:
        return None
    low = sum(group.low or 0 for group in counted) or None
    high = None if any(group.high is None for group in counted) else sum(group.high or 0 for group in counted)
    return low, high
