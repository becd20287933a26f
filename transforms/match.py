"""Rules as data over the dependency parse: where a sentence proposes, sets a condition or refuses.

A rule of ``rules/*.toml`` names its ``triggers`` (lemmas; ``rule+out`` is a lemma with that particle or preposition
below it), the ``pos`` they may have, the links one of which it ``needs`` and those it goes ``without``, whether the
trigger is ``negated`` (no, yes, any), and a ``pattern`` or ``not_pattern`` for the sentence in lower case. A rule
without triggers fires where its pattern matches. A link is ``relation:lemmas>lemmas below``: a child by its
dependency, ``*`` for any child, ``head`` for the head; ``@name`` is a list of ``rules/classes.toml``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

from spacy.tokens import Doc, Token

from schemas.event import EventType
from transforms.offsets import lower
from transforms.rule_files import read_file

RULE_FILES: Mapping[str, EventType] = {"proposal": "proposal", "condition": "condition", "refusal": "refusal"}

NEGATIONS = frozenset({"not", "n't", "n’t", "never", "no", "neither", "nor", "nobody", "none", "hardly", "without"})
# What is governed by these does not happen: "refused to propose", "failed to reject", "without demanding".
NEGATIVE_HEADS = frozenset({"refuse", "decline", "fail", "deny", "avoid", "without", "unwilling", "refusal", "stop"})
DENIALS = frozenset({"deny", "dismiss", "reject", "refute", "rebut"})
COMPLEMENTS = frozenset({"acomp", "attr", "oprd"})  # "is not ready"
GOVERNED = frozenset({"xcomp", "pcomp", "acl"})
MIN_HEADLINE_VERB = 4
# What a verb has behind its stem, and what its lemma has there.
ENDINGS = (
    ("", ""),
    ("s", ""),
    ("es", ""),
    ("ies", "y"),
    ("d", ""),
    ("ed", ""),
    ("ied", "y"),
    ("ing", ""),
    ("ing", "e"),
)
PARTICLES = frozenset({"prt", "prep", "advmod", "agent", "dative", "aux", "pobj"})


@dataclass(frozen=True, slots=True)
class Link:
    """A child, grandchild or head that a rule asks for."""

    relation: str
    lemmas: frozenset[str]
    below: frozenset[str]

    def holds(self, token: Token) -> bool:
        """Tell whether the token has such a relative."""
        if self.relation == "head":
            return token.head.lemma_.lower() in self.lemmas
        return any(self._is(child) for child in token.children if self.relation in ("*", child.dep_))

    def _is(self, child: Token) -> bool:
        if self.lemmas and child.lemma_.lower() not in self.lemmas:
            return False
        return not self.below or any(below.lemma_.lower() in self.below for below in child.children)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; ``triggers`` are (lemma, particle or empty). ``actor`` and ``target`` say where roles.py looks."""

    id: str
    event_type: EventType
    subtype: str | None = None
    triggers: tuple[tuple[str, str], ...] = ()
    pos: frozenset[str] = frozenset()
    negated: str = "no"
    needs: tuple[Link, ...] = ()
    without: tuple[Link, ...] = ()
    pattern: re.Pattern[str] | None = None
    not_pattern: re.Pattern[str] | None = None
    actor: str = "subject"
    target: str = "object"


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fired: on which token and on which characters of the sentence."""

    rule: Rule
    token: Token
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules, those with triggers by the lemma of their trigger."""

    by_lemma: Mapping[str, tuple[tuple[Rule, str], ...]]
    patterns: tuple[Rule, ...]


def find_matches(doc: Doc) -> list[Match]:
    """Return every rule that fires in a parsed sentence, in the order of the triggers."""
    rules = load_rules()
    lowered = lower(doc.text)
    matches = [match for rule in rules.patterns for match in _pattern_matches(rule, doc, lowered)]
    for token in doc:
        for rule, particle in rules.by_lemma.get(trigger_lemma(token), ()):
            if (last := _trigger_end(token, particle)) is not None and fires(rule, token, lowered):
                matches.append(Match(rule, token, token.idx, last.idx + len(last)))
    matches = [match for match in matches if not is_disputed(match.token)]
    return sorted(matches, key=lambda match: (match.start, match.end, match.rule.id))


def fires(rule: Rule, token: Token, lowered: str) -> bool:
    """Tell whether a rule with triggers holds at a token."""
    if rule.pos and token.pos_ not in rule.pos and token.pos_ != "PROPN":
        return False
    if rule.needs and not any(link.holds(token) for link in rule.needs):
        return False
    if any(link.holds(token) for link in rule.without):
        return False
    if rule.negated != "any" and is_negated(token) != (rule.negated == "yes"):
        return False
    return _text_holds(rule, lowered)


def trigger_lemma(token: Token) -> str:
    """Return the lemma; in headlines ("Estmark Rejects Plan") verbs pass for names and keep their endings."""
    word = token.lower_
    if token.pos_ != "PROPN":
        return token.lemma_.lower()
    if len(word) <= MIN_HEADLINE_VERB:
        return word
    stems = (word.removesuffix(ending) + final for ending, final in ENDINGS if word.endswith(ending))
    return next((stem for stem in stems if stem in load_rules().by_lemma), word)


def is_negated(token: Token) -> bool:
    """Tell whether the token's predicate is denied: by a child, a negative subject, or what governs it."""
    if _has_negation(token) or (token.dep_ in COMPLEMENTS and _has_negation(token.head)):
        return True
    if token.dep_ not in GOVERNED or token.head.i == token.i:
        return False
    head = token.head
    return head.lemma_.lower() in NEGATIVE_HEADS or (token.dep_ == "xcomp" and _has_negation(head))


def is_disputed(token: Token) -> bool:
    """Tell whether somebody denies it: "denied that it had refused", "dismissed reports that it would"."""
    for below, above in pairwise((token, *token.ancestors)):
        if below.dep_ not in ("ccomp", "acl", "relcl"):
            continue
        verb = above.head if above.lemma_.lower() in read_words("claims") and above.dep_ == "dobj" else above
        if verb.lemma_.lower() in DENIALS and (verb is not above or verb.lemma_ == "deny"):
            return True
    return False


def _has_negation(token: Token) -> bool:
    for child in token.children:
        if child.dep_ == "neg" or (child.lower_ in NEGATIONS and child.i < token.i and child.dep_ != "conj"):
            return True
        if child.dep_ in ("nsubj", "nsubjpass") and any(word.lower_ in ("no", "neither") for word in child.lefts):
            return True
    return False


def _trigger_end(token: Token, particle: str) -> Token | None:
    if not particle:
        return token
    below = [child for child in token.children if child.lower_ == particle and child.dep_ in PARTICLES]
    return below[0] if below and below[0].i > token.i else None


def _text_holds(rule: Rule, lowered: str) -> bool:
    if rule.not_pattern is not None and rule.not_pattern.search(lowered):
        return False
    return rule.pattern is None or rule.pattern.search(lowered) is not None


def _pattern_matches(rule: Rule, doc: Doc, lowered: str) -> Iterator[Match]:
    if rule.pattern is None or not _text_holds(rule, lowered):
        return
    for found in rule.pattern.finditer(lowered):
        start, end = next((found.span(name) for name, text in found.groupdict().items() if text), found.span())
        span = doc.char_span(start, end, alignment_mode="expand")
        if span is not None and not is_denied(rule.event_type, span.root):
            yield Match(rule, span.root, start, end)


def token_at(doc: Doc, start: int, end: int) -> Token:
    """Return the word that heads what stands at these characters, the first word where there is none."""
    span = doc.char_span(start, end, alignment_mode="expand")
    return span.root if span is not None else doc[0]


def is_denied(event_type: EventType, token: Token) -> bool:
    """Tell whether a word would be a rule's trigger, were it not negated or disputed."""
    rules = (rule for rule, _ in load_rules().by_lemma.get(trigger_lemma(token), ()))
    known = any(rule.event_type == event_type and rule.negated == "no" for rule in rules)
    return known and (is_negated(token) or is_disputed(token))


def rule_of_encoder(event_type: EventType, token: Token) -> Rule:
    """Return the rule of an event that only the encoder sees; its subtype is that of a rule with the same trigger."""
    identity = f"encoder.{event_type}"
    known = [rule for rule, _ in load_rules().by_lemma.get(trigger_lemma(token), ()) if rule.event_type == event_type]
    return replace(known[0], id=identity) if known else Rule(id=identity, event_type=event_type)


@cache
def load_rules() -> RuleSet:
    """Return the rules of all rule files, read once per process."""
    classes = {name: read_words(name) for name in read_file("classes")["classes"]}
    rules = [
        parse_rule(raw, event_type, classes)
        for stem, event_type in RULE_FILES.items()
        for raw in read_file(stem)["rule"]
    ]
    by_lemma: defaultdict[str, list[tuple[Rule, str]]] = defaultdict(list)
    for rule in rules:
        for lemma, particle in rule.triggers:
            by_lemma[lemma].append((rule, particle))
    patterns = tuple(rule for rule in rules if not rule.triggers)
    return RuleSet({lemma: tuple(pairs) for lemma, pairs in by_lemma.items()}, patterns)


@cache
def read_words(name: str) -> frozenset[str]:
    """Return one list of ``rules/classes.toml``."""
    return frozenset(read_file("classes")["classes"][name].split())


def parse_rule(raw: Mapping[str, Any], event_type: EventType, classes: Mapping[str, frozenset[str]]) -> Rule:
    """Return one rule of a rule file."""
    fields = dict(raw)
    for name in ("needs", "without"):
        fields[name] = tuple(parse_link(link, classes) for link in fields.get(name, ()))
    for name in ("pattern", "not_pattern"):
        fields[name] = re.compile(fields[name]) if name in fields else None
    fields["triggers"] = tuple((lemma, particle) for lemma, _, particle in map(_plus, fields.get("triggers", ())))
    fields["pos"] = frozenset(fields.get("pos", ()))
    return Rule(event_type=event_type, **fields)


def parse_link(text: str, classes: Mapping[str, frozenset[str]]) -> Link:
    """Return the link written as ``relation:lemmas>lemmas below``."""
    relation, _, rest = text.partition(":")
    lemmas, _, below = rest.partition(">")
    return Link(relation, _lemmas(lemmas, classes), _lemmas(below, classes))


def _lemmas(text: str, classes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    if text.startswith("@"):
        return classes[text[1:]]
    return frozenset(filter(None, text.split("|")))


def _plus(trigger: str) -> tuple[str, str, str]:
    return trigger.partition("+")
