"""Find reports of people killed, injured or missing in a parsed sentence, and add up the counts."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from spacy.tokens import Doc, Token

from schemas.event import Finding
from transforms import victims
from transforms.numbers import Number
from transforms.victims import CountWords, Group, Words

Effect = Literal["killed", "injured", "missing", "casualty", "none"]
Range = tuple[int | None, int | None]

_PEOPLE: Mapping[str, Callable[[Token], list[Token]]] = {
    "object": victims.objects,
    "subject": victims.subjects,
    "predicate": victims.described,
    "event": victims.belonging,
}
_LETHAL = frozenset({"fatally", "mortally", "dead", "lethally"})


@dataclass(frozen=True, slots=True)
class _Rule:
    rule_id: str
    effect: Effect
    frame: str
    pos: str
    needs: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Lexicon:
    rules: Mapping[str, tuple[_Rule, ...]]
    bars: Mapping[str, Words]
    company: Mapping[str, Words]
    violence: Mapping[str, Words]
    victims: Mapping[str, Words]
    single_events: Words
    cumulative: Words
    count: CountWords


@dataclass(frozen=True, slots=True)
class _Mention:
    """A trigger that reports something, with the people that it happened to."""

    rule: _Rule
    token: Token
    effect: Effect
    groups: tuple[Group, ...]


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    data = tomllib.loads(files("transforms").joinpath("rules/casualties.toml").read_text(encoding="utf-8"))
    rules: dict[str, tuple[_Rule, ...]] = {}
    for entry in data["rules"]:
        rule = _Rule(*(entry[key] for key in ("id", "effect", "frame", "pos", "needs", "confidence")))
        for form in entry["forms"]:
            rules[form] = (*rules.get(form, ()), rule)
    counting = _word_sets(data["counting"])
    return _Lexicon(
        rules=rules,
        bars=_word_sets(data["not_actual"]),
        company=_word_sets(data["company"]),
        violence=_word_sets(data["violence"]),
        victims=_word_sets(data["victims"]),
        single_events=counting["single_events"],
        cumulative=_word_sets(data["time"])["cumulative"],
        count=CountWords(
            partitives=counting["partitives"],
            pairs=counting["pairs"],
            singular=counting["singular_pronouns"],
            collective=counting["collective"],
            people=counting["people"],
            skipped=counting["skipped"],
        ),
    )


def _word_sets(table: Mapping[str, Any]) -> dict[str, Words]:
    return {name: frozenset(words) for name, words in table.items()}


def find_casualties(doc: Doc) -> list[Finding]:
    """Return one finding that sums up the casualties a sentence reports, or nothing."""
    triggers = [(token, rule) for token in doc if (rule := _rule_of(token)) is not None]
    if not triggers:
        return []
    numbers = victims.number_tokens(doc)
    present = frozenset(token.lower_ for token in doc)
    mentions = [_mention(token, rule, numbers, present) for token, rule in triggers]
    actual = [mention for mention in mentions if mention is not None]
    return [_finding(doc, actual)] if actual else []


def _rule_of(token: Token) -> _Rule | None:
    """Return the rule of a form; a form of two rules goes by its part of speech."""
    rules = _lexicon().rules.get(token.lower_, ())
    if len(rules) < 2:
        return rules[0] if rules else None
    pos = "verb" if token.tag_.startswith("V") or token.pos_ in {"VERB", "ADJ"} else "noun"
    return next((rule for rule in rules if rule.pos == pos), rules[0])


def _mention(token: Token, rule: _Rule, numbers: Mapping[int, Number], present: Words) -> _Mention | None:
    """Return what a trigger reports, None when it reports nothing."""
    if not _is_actual(token) or not _has_company(token, rule, present):
        return None
    heads = list(victims.with_conjuncts(_people(token, rule), numbers, _lexicon().count))
    if any(head.lower_ in _lexicon().bars["things"] for head in heads):
        return None
    groups = _groups(token, rule, heads, numbers)
    if rule.needs == "people" and not any(_names_people(token.doc, group, numbers) for group in groups):
        return None
    if rule.needs == "cue" and not _is_violent(token, rule, groups, present):
        return None
    if _is_negated(token) and not any(group.high == 0 for group in groups):
        return None
    return _Mention(rule, token, _effect(token, rule), groups)


def _people(token: Token, rule: _Rule) -> list[Token]:
    if find := _PEOPLE.get(rule.frame):
        return find(token)
    if rule.frame == "harm":
        return _harmed(token)
    if rule.frame == "attribute":
        return victims.belonging(token.head)
    if rule.frame == "lives":
        return [token]
    return []


def _harmed(token: Token) -> list[Token]:
    """Return who has the injuries: the subject of "suffered injuries", the man "with a wound"."""
    verb = token.head
    if verb.dep_ == "prep":
        verb = verb.head
    if verb.pos_ in {"NOUN", "PROPN"}:
        return [verb]
    return victims.children(verb, {"nsubj", "nsubjpass"}) or ([verb.head] if verb.dep_ == "acl" else [])


def _groups(token: Token, rule: _Rule, heads: Sequence[Token], numbers: Mapping[int, Number]) -> tuple[Group, ...]:
    """Count the people of a mention: by the words before it, by the parse, then by the words behind it."""
    words = _lexicon().count
    if rule.frame == "toll":
        return _toll(token, numbers)
    if rule.frame in {"event", "people", "lives"} or token.tag_ not in {"VBG", "VBZ", "VB", "VBP"}:
        before = victims.count_before(token, numbers, words)
        others = [victims.count(head, numbers, words) for head in heads]
        if before is not None:
            return (before, *(group for group in others if group.key != before.key and group.key > before.key))
    groups = tuple(victims.count(head, numbers, words) for head in heads)
    if rule.frame in {"event", "people"} and not heads:
        is_one = token.tag_ in {"NN", "NNP"} and (rule.frame == "people" or token.lower_ in _lexicon().single_events)
        counted = victims.count(token, numbers, words)
        return (counted,) if counted.stated or is_one else ()
    if not any(group.low is not None for group in groups) and rule.frame == "object":
        after = victims.count_after(token, numbers)
        return (after,) if after else groups
    return groups


def _toll(token: Token, numbers: Mapping[int, Number]) -> tuple[Group, ...]:
    """Take the number that a toll reaches: the first behind the word, else the last before it."""
    places = sorted(numbers, key=lambda i: (i < token.i, abs(i - token.i)))
    return tuple(Group(n.core, i, n.low, n.high, True, n.start, n.end) for i in places[:1] if (n := numbers[i]))


def _effect(token: Token, rule: _Rule) -> Effect:
    """Return what happened; a shot or stab that is called fatal killed."""
    if rule.effect == "injured" and any(child.lower_ in _LETHAL for child in token.children):
        return "killed"
    if rule.effect == "injured" and rule.frame == "object" and _is_to_death(token):
        return "killed"
    return rule.effect


def _is_to_death(token: Token) -> bool:
    words = token.doc[token.i + 1 : token.i + 5].text.lower()
    return "to death" in words or words.startswith("dead")


# --- whether it happened


def _is_actual(token: Token) -> bool:
    """Tell whether a trigger is stated as a fact or a claim: no wish, threat, plan, condition, charge or name."""
    bars = _lexicon().bars
    if token.dep_ in {"compound", "amod", "nmod"} and token.head.lower_ in bars["heads"]:
        return False
    verb = token
    for _ in range(2):
        if _is_hypothetical(verb):
            return False
        if verb.dep_ != "conj":
            break
        verb = verb.head
    return True


def _is_hypothetical(verb: Token) -> bool:
    bars = _lexicon().bars
    has_perfect = any(child.dep_ == "aux" and child.lower_ in {"have", "'ve"} for child in verb.children)
    for child in verb.children:
        if child.dep_ == "aux" and child.lower_ in bars["modals"] and not has_perfect:
            return True
        if child.dep_ == "mark" and child.lower_ in bars["markers"]:
            return True
        if child.dep_ == "prt" and child.lower_ in bars["particles"] and verb.lower_ not in {"gunned", "mowed", "gun"}:
            return True
    if any(child.dep_ == "aux" and child.lower_ == "to" for child in verb.children):
        return not has_perfect and verb.head.lemma_.lower() not in bars["done"]
    above = verb.head.head if verb.head.dep_ == "prep" else verb.head
    return above != verb and (
        above.lemma_.lower() in bars["governors"] or verb.head.lemma_.lower() in bars["governors"]
    )


def _has_company(token: Token, rule: _Rule, present: Words) -> bool:
    """Tell whether the words that a rule needs beside its trigger are there."""
    company, bars = _lexicon().company, _lexicon().bars
    if rule.frame == "attribute":
        return token.head.lower_ in company["deadly"] or token.dep_ in {"acomp", "attr", "oprd"}
    if rule.frame == "lives":
        return token.head.lemma_.lower() in company["lives"] or token.head.head.lemma_.lower() in company["lives"]
    if rule.frame == "harm":
        return True
    if rule.frame == "toll":
        return bool(present & company["figures"])
    if rule.needs == "company":
        return bool(present & company["body"]) and token.pos_ in {"NOUN", "PROPN"}
    if rule.frame == "event":
        above = token.head.head if token.head.dep_ == "prep" else token.head
        is_charge = above != token and above.lemma_.lower() in bars["charges"] and not victims.belonging(token)
        return not is_charge
    return True


def _names_people(doc: Doc, group: Group, numbers: Mapping[int, Number]) -> bool:
    return group.stated or victims.is_person(doc[group.head], numbers, _lexicon().count) or group.low is not None


def _is_violent(token: Token, rule: _Rule, groups: Sequence[Group], present: Words) -> bool:
    """Tell whether a death is one by violence, accident or disaster, by the words of the sentence."""
    violence = _lexicon().violence
    if rule.frame == "people":
        return bool(present & violence["struck"])
    if present & violence["natural"]:
        return any(group.stated and (group.low or 0) > 1 for group in groups)
    others = present - {token.lower_}
    return bool(others & violence["cues"]) or any(group.stated for group in groups) or token.tag_ == "NNS"


def _is_negated(token: Token) -> bool:
    return any(child.dep_ == "neg" for child in token.children)


# --- the finding


def _finding(doc: Doc, mentions: Sequence[_Mention]) -> Finding:
    best = max(mentions, key=_rank)
    killed, injured, missing = (_total(mentions, effect) for effect in ("killed", "injured", "missing"))
    start, end = best.token.idx, best.token.idx + len(best.token)
    return Finding(
        event_type="casualty_report",
        event_subtype=best.effect if best.effect != "casualty" else "killed",
        rule_id=best.rule.rule_id,
        confidence=best.rule.confidence,
        trigger_start=start,
        trigger_end=end,
        killed_low=killed[0],
        killed_high=killed[1],
        injured_low=injured[0],
        injured_high=injured[1],
        missing_low=missing[0],
        missing_high=missing[1],
        casualty_text=None,
        plover="ASSAULT",
    )


def _rank(mention: _Mention) -> tuple[float, int]:
    return mention.rule.confidence, -mention.token.i


def _total(mentions: Sequence[_Mention], effect: Effect) -> Range:
    """Add up the groups of one effect, each noun once."""
    groups = {g.key: g for m in mentions if m.effect == effect for g in m.groups}
    counted = [group for group in groups.values() if group.low is not None or group.high is not None]
    if any(group.stated for group in counted):
        counted = [group for group in counted if group.stated]
    if not counted:
        return None, None
    lows = [group.low for group in counted if group.low is not None]
    high = None if any(group.high is None for group in counted) else sum(group.high or 0 for group in counted)
    return sum(lows) if lows else None, high
