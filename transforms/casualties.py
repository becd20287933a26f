"""Find reports of people killed, injured or missing in a parsed sentence, and add up the counts."""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from spacy.tokens import Doc, Token

from schemas.event import Finding
from transforms import victims
from transforms.victims import CountWords, Group, Scene, Words

Effect = Literal["killed", "injured", "missing", "casualty", "none"]
Range = tuple[int | None, int | None]

_DEFINITE = frozenset({"the", "this", "that", "of", "his", "her", "their"})
_PEOPLE: Mapping[str, Callable[[Token], list[Token]]] = {
    "object": victims.objects,
    "lost": victims.lost,
    "subject": victims.subjects,
    "predicate": victims.described,
    "event": victims.belonging,
}


@dataclass(frozen=True, slots=True)
class _Rule:
    rule_id: str
    effect: Effect
    frame: str
    pos: str
    needs: str
    near: Words
    without: Words
    confidence: float


@dataclass(frozen=True, slots=True)
class _Lexicon:
    rules: Mapping[str, tuple[_Rule, ...]]
    bars: Mapping[str, Words]
    company: Mapping[str, Words]
    violence: Mapping[str, Words]
    victims: Mapping[str, Words]
    counting: Mapping[str, Words]
    time: Mapping[str, Words]
    count: CountWords


@dataclass(frozen=True, slots=True)
class _Mention:
    """A trigger that reports something, with the people that it happened to."""

    rule: _Rule
    token: Token
    effect: Effect
    groups: tuple[Group, ...]

    @property
    def is_stated(self) -> bool:
        """Tell whether a number in the text counts the people."""
        return any(group.stated for group in self.groups)


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    data = tomllib.loads(files("transforms").joinpath("rules/casualties.toml").read_text(encoding="utf-8"))
    rules: dict[str, tuple[_Rule, ...]] = {}
    for entry in data["rules"]:
        rule = _Rule(
            rule_id=entry["id"],
            effect=entry["effect"],
            frame=entry["frame"],
            pos=entry.get("pos", "any"),
            needs=entry.get("needs", ""),
            near=frozenset(entry.get("near", ())),
            without=frozenset(entry.get("without", ())),
            confidence=entry["confidence"],
        )
        for form in entry["forms"]:
            rules[form] = (*rules.get(form, ()), rule)
    counting = _word_sets(data["counting"])
    return _Lexicon(
        rules=rules,
        bars=_word_sets(data["not_actual"]),
        company=_word_sets(data["company"]),
        violence=_word_sets(data["violence"]),
        victims=_word_sets(data["victims"]),
        counting=counting,
        time=_word_sets(data["time"]),
        count=CountWords(
            partitives=counting["partitives"],
            pairs=counting["pairs"],
            singular=counting["singular_pronouns"],
            collective=counting["collective"],
            people=counting["people"],
            skipped=counting["skipped"],
            triggers=frozenset(rules) - counting["people"],
        ),
    )


def _word_sets(table: Mapping[str, Any]) -> dict[str, Words]:
    return {name: frozenset(words) for name, words in table.items()}


def find_casualties(doc: Doc) -> list[Finding]:
    """Return one finding that sums up the casualties a sentence reports, or nothing."""
    triggers = [(token, rule) for token in doc if (rule := _rule_of(token)) is not None]
    if not triggers:
        return []
    present = frozenset(token.lower_ for token in doc)
    if "how many" in doc.text.lower():
        return []
    scene = victims.read_scene(doc, _lexicon().count)
    mentions = [_mention(token, rule, scene, present) for token, rule in triggers]
    actual = [mention for mention in mentions if mention is not None]
    return [_finding(doc, actual)] if actual else []


def _rule_of(token: Token) -> _Rule | None:
    """Return the rule of a form; a form of two rules goes by its part of speech."""
    rules = _lexicon().rules.get(token.lower_, ())
    if len(rules) < 2:
        return rules[0] if rules else None
    is_verb = token.tag_.startswith("V") or token.pos_ in {"VERB", "ADJ"}
    has_number = token.i + 1 < len(token.doc) and (token.nbor(1).like_num or token.nbor(1).lower_ == "at")
    pos = "verb" if is_verb or has_number else "noun"
    return next((rule for rule in rules if rule.pos == pos), rules[0])


def _mention(token: Token, rule: _Rule, scene: Scene, present: Words) -> _Mention | None:
    """Return what a trigger reports, None when it reports nothing."""
    if not _is_actual(token, rule) or not _has_company(token, rule, present):
        return None
    heads = list(victims.with_conjuncts(token, _people(token, rule), scene))
    groups = _groups(token, rule, heads, scene)
    named = [*heads, *(scene.doc[group.head] for group in groups)]
    if any(head.lower_ in _lexicon().bars["things"] for head in named) or _is_animal(named, present):
        return None
    if not _meets(token, rule, groups, scene, present):
        return None
    if any(child.dep_ == "neg" for child in token.children) and not any(group.high == 0 for group in groups):
        return None
    effect: Effect = "killed" if rule.effect == "casualty" and _listed(token) else _effect(token, rule)
    return _Mention(rule, token, effect, groups)


def _is_animal(named: Sequence[Token], present: Words) -> bool:
    """Tell whether a sentence that speaks of an animal names nobody else as hit."""
    known = _lexicon().counting["people"] - {"he", "him", "she", "her", "them", "himself", "herself"}
    return not present.isdisjoint(_lexicon().bars["animals"]) and not any(head.lower_ in known for head in named)


# --- who, how many, what


def _people(token: Token, rule: _Rule) -> list[Token]:
    if rule.frame == "event" and _is_way_to_die(token):
        return victims.objects(token.head.head) or victims.subjects(token.head.head)
    if find := _PEOPLE.get(rule.frame):
        return find(token)
    if rule.frame == "harm":
        return _harmed(token)
    if rule.frame == "attribute":
        return victims.belonging(token.head)
    if rule.frame == "lives":
        return victims.subjects(token.head) if token.head.lemma_ in {"lose", "give"} else [token]
    return []


def _is_way_to_die(noun: Token) -> bool:
    """Tell whether a noun is the death of "beaten to death" and "fell to their deaths"."""
    words = {child.lower_ for child in noun.children}
    return noun.head.lower_ == "to" and words.isdisjoint({"the", "of", "a"})


def _listed(token: Token) -> tuple[Group, ...]:
    """Count whom "the victims were identified as" or "among the dead were" names."""
    verb = token.head.head if token.head.dep_ == "prep" else token.head
    names: list[Token] = []
    if token.dep_ == "nsubjpass" and verb.lemma_ == "identify":
        names = [name for prep in victims.children(verb, {"prep"}) for name in victims.children(prep, {"pobj"})]
    elif token.dep_ in {"nsubj", "pobj"} and verb.lemma_ == "be" and victims.children(token, {"det"}):
        names = victims.children(verb, {"attr"}) or victims.children(verb, {"nsubj"})
    known = _lexicon().counting["people"]
    everybody = [person for name in names for person in (name, *name.conjuncts)]
    people = [p for p in everybody if p.tag_ in {"NN", "NNP"} and (p.tag_ == "NNP" or p.lower_ in known)]
    return tuple(Group(p.idx, p.i, 1, 1, False, p.idx, p.idx + len(p)) for p in people if p != token)


def _harmed(token: Token) -> list[Token]:
    """Return who has the injuries: the subject of "suffered injuries", the man "with a wound"."""
    verb = token.head
    if verb.dep_ == "prep":
        verb = verb.head
    if verb.pos_ in {"NOUN", "PROPN"}:
        return [verb]
    return victims.children(verb, {"nsubj", "nsubjpass"}) or ([verb.head] if verb.dep_ in {"acl", "relcl"} else [])


def _groups(token: Token, rule: _Rule, heads: Sequence[Token], scene: Scene) -> tuple[Group, ...]:
    """Count the people of a mention: by the parse, by the words before it, then by the words behind it."""
    if rule.frame == "toll":
        return _toll(token, scene)
    if rule.frame == "adverb":
        group = victims.stated_at(token.i - 1, {**scene.asides, **scene.numbers})
        return (group,) if group else ()
    if rule.frame != "event" and (listed := _listed(token)):
        return listed
    parsed = tuple(victims.count(head, scene) for head in heads)
    if rule.frame == "attribute":
        return tuple(group for group in parsed if _is_any_person((group,), scene))
    if _looks_back(token, rule, scene):
        before = victims.count_before(_anchor(token, rule), scene)
        if before and not _is_embedded(before[0], scene) and _is_nearer(token, before, parsed, scene):
            return before
    if rule.frame in {"event", "people"} and not heads:
        return _own(token, rule, scene)
    if rule.frame in {"object", "event"} and not any(group.low == 0 for group in parsed):
        after = victims.count_after(token, scene)
        return after if _is_better(after, parsed) else parsed
    return parsed


def _anchor(token: Token, rule: _Rule) -> Token:
    """Return the word before which the people stand: of "suffering from wounds" and "lost their lives" the verb."""
    verb = token.head.head if token.head.dep_ == "prep" else token.head
    is_below = rule.frame == "harm" or (rule.frame == "lives" and token.head.lemma_ in {"lose", "give"})
    return verb if is_below and verb.i < token.i else token


def _own(token: Token, rule: _Rule, scene: Scene) -> tuple[Group, ...]:
    """Count what the trigger itself names: 62 murders, a body, the killing."""
    counted = victims.count(token, scene)
    is_one = token.tag_ in {"NN", "NNP", "JJ", "VBN"} and token.lower_ not in {"remains"}
    is_single = rule.frame == "people" or token.lower_ in _lexicon().counting["single_events"]
    return (counted,) if counted.stated or (is_one and is_single) else ()


def _looks_back(token: Token, rule: _Rule, scene: Scene) -> bool:
    """Tell whether the people may stand before the trigger: "five killed", not "killing five"."""
    if rule.frame in {"event", "people", "lives", "predicate", "subject", "harm"}:
        return True
    found = victims.children(token, {"dobj"})
    is_active = any(child.i not in scene.aside for child in found) or rule.frame == "attribute"
    is_participle = token.lower_.endswith("ed") or token.lower_ in {"shot", "hurt", "slain", "burnt"}
    return not is_active and is_participle


def _is_better(linear: Sequence[Group], parsed: Sequence[Group]) -> bool:
    """Tell whether the words beside a trigger count more people than the parse does."""
    return _weight(linear) > _weight(parsed)


def _is_embedded(group: Group, scene: Scene) -> bool:
    """Tell whether a phrase hangs on a preposition: the daughters of "the man with two daughters was killed"."""
    span = scene.doc.char_span(group.start, group.end, alignment_mode="expand")
    return span is not None and span.start > 0 and span[0].nbor(-1).lower_ in _lexicon().counting["embedding"]


def _is_nearer(token: Token, linear: Sequence[Group], parsed: Sequence[Group], scene: Scene) -> bool:
    """Tell whether the phrase before a trigger counts its people better than the parse does."""
    if _is_better(linear, parsed) or token.i - 1 in scene.numbers:
        return True
    last = max((group.head for group in linear), default=0)
    places = [group.head for group in parsed]
    if places and max(places) < last and _weight(linear) != (0, 0):
        between = scene.doc[max(places) + 1 : last]
        return any(word.pos_ in {"VERB", "SCONJ", "PUNCT"} and word.i not in scene.aside for word in between)
    is_even = _weight(linear) == _weight(parsed) and _weight(linear)[0] > 0
    return is_even and " of " not in scene.doc.text[linear[0].start : token.idx]


def _weight(groups: Sequence[Group]) -> tuple[int, int]:
    return sum(group.stated for group in groups), sum(
        group.low is not None or group.high is not None for group in groups
    )


def _toll(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Take the number that a toll reaches: the first behind the word, else the last before it."""
    behind = [i for i in scene.numbers if i > token.i]
    if behind:
        return victims.count_after(scene.doc[min(behind) - 1], scene)
    group = victims.stated_at(max(scene.numbers, default=-1), scene.numbers)
    return (group,) if group else ()


def _effect(token: Token, rule: _Rule) -> Effect:
    """Return what happened; a shot or stab that is called fatal killed."""
    if rule.effect != "injured":
        return rule.effect
    lethal = _lexicon().company["lethal"]
    is_lethal = any(child.lower_ in lethal and not list(child.children) for child in token.children)
    behind = token.doc[token.i + 1 : token.i + 5].text.lower()
    return "killed" if is_lethal or "to death" in behind or behind.startswith("dead ") else "injured"


# --- whether it happened


def _is_actual(token: Token, rule: _Rule) -> bool:
    """Tell whether a trigger is stated as a fact or a claim: no wish, threat, plan, condition, charge or name."""
    bars = _lexicon().bars
    is_part = token.dep_ in {"compound", "amod", "nmod"} and rule.frame != "attribute"
    is_named = token.i + 1 < len(token.doc) and token.nbor(1).lower_ in bars["heads"] and rule.frame == "event"
    if is_named or (is_part and token.head.lower_ in bars["heads"]):
        return False
    if _is_idiom(token, rule):
        return False
    if token.dep_ in {"acomp", "attr", "oprd"} and _is_hypothetical(token.head):
        return False
    if rule.frame == "event" and token.dep_ in {"nsubj", "attr", "dobj"} and not _is_definite(token):
        return not _is_hypothetical(token.head) and not _is_hypothetical(token)
    verb = token
    for _ in range(2):
        if _is_hypothetical(verb):
            return False
        if verb.dep_ != "conj" or verb.head.tag_ != verb.tag_:
            break
        verb = verb.head
    return True


def _is_idiom(token: Token, rule: _Rule) -> bool:
    """Tell whether the next words turn a trigger: "shot at", "dead or alive"."""
    following = token.doc[token.i + 1 : token.i + 3].text.lower()
    if rule.rule_id != "casualty.shoot" or not following.startswith("at "):
        return following == "or alive"
    aimed_at = {word.lower_ for word in token.doc[token.i + 2 : token.i + 5]} | {token.doc[token.i + 1].head.lower_}
    return not aimed_at.isdisjoint(_lexicon().counting["people"] | {"police", "him", "us", "me"})


def _is_hypothetical(verb: Token) -> bool:
    bars = _lexicon().bars
    has_perfect = any(child.dep_ == "aux" and child.lower_ in {"have", "'ve"} for child in verb.children)
    for child in verb.children:
        if child.dep_ == "aux" and child.lower_ in bars["modals"] and not has_perfect:
            return True
        if child.dep_ == "mark" and child.lower_ in bars["markers"]:
            return True
        if child.dep_ == "prt" and child.lower_ in bars["particles"] and verb.lower_ not in bars["downed"]:
            return True
    if any(child.dep_ == "aux" and child.lower_ == "to" for child in verb.children):
        return not has_perfect and verb.head.lemma_.lower() not in bars["done"]
    above = verb.head.head if verb.head.dep_ == "prep" else verb.head
    is_governed = verb.dep_ in {"xcomp", "pcomp", "pobj", "dobj", "compound", "nmod", "acl"}
    return is_governed and not bars["governors"].isdisjoint((above.lemma_.lower(), verb.head.lemma_.lower()))


def _is_definite(noun: Token) -> bool:
    """Tell whether a noun speaks of a known event: the killing, his death, the murder of X."""
    return any(child.dep_ == "poss" or child.lower_ in _DEFINITE for child in noun.children)


def _has_company(token: Token, rule: _Rule, present: Words) -> bool:
    """Tell whether the words that a rule needs beside its trigger are there."""
    company = _lexicon().company
    if not present.isdisjoint(rule.without):
        return False
    if rule.near and present.isdisjoint(rule.near) and not _belongs_to_people(token, rule):
        return False
    if rule.frame == "attribute":
        behind = {word.lower_ for word in token.doc[token.i + 1 : token.i + 6]}
        return not company["deadly"].isdisjoint(behind) or token.dep_ in {"acomp", "oprd"}
    if rule.frame == "lives":
        near = [
            *list(token.ancestors)[:3],
            *(token.doc[max(token.i - 7, 0) : token.i] if token.lower_ == "lives" else ()),
        ]
        return any(word.lemma_.lower() in company["lives"] for word in near)
    if rule.frame == "toll":
        return not present.isdisjoint(company["figures"])
    if rule.frame == "event":
        return _is_specific(token)
    if rule.frame == "people":
        return token.dep_ != "amod"
    return rule.frame != "harm" or _is_suffered(token)


def _belongs_to_people(token: Token, rule: _Rule) -> bool:
    """Tell whether bodies are those "of five miners"."""
    known = _lexicon().counting["people"]
    return rule.frame == "people" and any(
        owner.lower_ in known or owner.ent_type_ or any(child.like_num for child in owner.children)
        for owner in victims.belonging(token)
        if owner.dep_ == "pobj"
    )


def _is_suffered(token: Token) -> bool:
    """Tell whether an injury is somebody's: none healed, charged or died of."""
    bars = _lexicon().bars
    above = {word.lemma_ for word in list(token.ancestors)[:2]}
    return above.isdisjoint(bars["healed"]) and bars["insured"].isdisjoint(child.lower_ for child in token.children)


def _is_specific(token: Token) -> bool:
    """Tell whether a noun like "murder" speaks of something that happened, not of a charge, a rate or a trend."""
    bars = _lexicon().bars
    if victims.belonging(token) or any(child.pos_ == "NUM" for child in token.children):
        return True
    above = token.head.head if token.head.dep_ == "prep" else token.head
    if above != token and above.lemma_.lower() in bars["charges"] | bars["trends"]:
        return False
    if token.lower_ in bars["vague"]:
        return False
    return token.lower_ not in bars["bare"] or any(child.dep_ in {"det", "poss"} for child in token.children)


def _meets(token: Token, rule: _Rule, groups: Sequence[Group], scene: Scene, present: Words) -> bool:
    """Tell whether a mention has what its rule needs: people, or a word of violence."""
    if rule.needs == "number":
        return any(group.stated for group in groups) or token.head.lemma_ in _lexicon().company["missing"]
    if rule.needs == "people":
        return bool(victims.children(token, {"auxpass"})) or any(
            group.low is not None or victims.is_person(scene.doc[group.head], scene) for group in groups
        )
    if rule.needs == "person":
        is_the_dead = token.pos_ in {"NOUN", "PROPN"} and token.head.lower_ != "from"
        return _is_any_person(groups, scene) or (is_the_dead and bool(victims.children(token, {"det"})))
    if rule.needs == "victim":
        return bool(victims.belonging(token)) and any(group.low is not None for group in groups)
    if rule.needs == "self":
        return any(scene.doc[group.head].lower_ in _lexicon().counting["reflexive"] for group in groups)
    if rule.needs == "listed":
        return any(scene.doc[group.head].lower_ in _lexicon().counting["people"] for group in groups)
    if rule.needs == "known":
        known = _lexicon().counting["people"]
        heads = [scene.doc[group.head] for group in groups]
        return any(
            h.lower_ in known or victims.is_aged(h) or h.i in scene.numbers or victims.names_many(h) for h in heads
        )
    if rule.needs == "cue":
        return _is_violent(token, groups, scene, present)
    return not _is_generic(token, groups)


def _is_generic(token: Token, groups: Sequence[Group]) -> bool:
    """Tell whether a verb in the present speaks of nobody in particular: "mines kill", "children die"."""
    is_present = token.tag_ in {"VB", "VBP"} and not victims.children(token, {"aux", "auxpass"})
    return is_present and not any(group.low is not None or group.high is not None for group in groups)


def _is_any_person(groups: Sequence[Group], scene: Scene) -> bool:
    return any(group.stated or victims.is_person(scene.doc[group.head], scene) for group in groups)


def _is_violent(token: Token, groups: Sequence[Group], scene: Scene, present: Words) -> bool:
    """Tell whether a death is one by violence, accident or disaster, by the words of the sentence."""
    violence = _lexicon().violence
    if _is_generic(token, groups):
        return False
    is_counted = any(group.stated and (group.low or group.high or 0) > 1 for group in groups)
    if is_counted:
        return True
    if not present.isdisjoint(violence["natural"]):
        return False
    known = _lexicon().counting["people"] - {"leader", "he", "him", "she", "her", "father", "mother"}
    if any(scene.doc[g.head].lower_ in known or victims.is_aged(scene.doc[g.head]) for g in groups):
        return True
    return token.tag_ in {"NNS", "NNPS"} or not (present - {token.lower_}).isdisjoint(violence["cues"])


# --- the finding


def _finding(doc: Doc, mentions: Sequence[_Mention]) -> Finding:
    best = max(mentions, key=_rank)
    killed_groups = _total([m for m in mentions if m.effect == "killed"])
    injured_groups = _total([m for m in mentions if m.effect == "injured" and not _is_dead_too(m, killed_groups)])
    missing_groups = _total([m for m in mentions if m.effect == "missing"])
    injured_groups = _without_killed(injured_groups, killed_groups)
    killed, missing = _sum(killed_groups), _sum(missing_groups)
    injured = _less_killed(_sum(injured_groups), killed, mentions)
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
        casualty_text=_casualty_text(doc, (*killed_groups, *injured_groups, *missing_groups)),
        plover="ASSAULT",
    )


def _rank(mention: _Mention) -> tuple[float, int]:
    return mention.rule.confidence, -mention.token.i


def _casualty_text(doc: Doc, groups: Sequence[Group]) -> str | None:
    counted = [group for group in groups if group.low is not None or group.high is not None]
    return doc.text[min(g.start for g in counted) : max(g.end for g in counted)] if counted else None


def _total(mentions: Sequence[_Mention]) -> tuple[Group, ...]:
    """Choose the groups of one effect that add up: one incident, not the toll that is told beside it."""
    counted = [m for m in mentions if any(g.low is not None or g.high is not None for g in m.groups)]
    if not counted:
        return ()
    counted = [m for m in counted if any(g.high != 0 for g in m.groups)] or counted
    stated = [mention for mention in counted if mention.is_stated]
    if stated and stated[0].token.dep_ == "relcl" and counted[0] is not stated[0]:
        stated = [counted[0]]
    main = stated[0] if stated else max(counted, key=_implied_sum)
    chosen = [main, *(other for other in counted if other is not main and _adds_up(main, other))]
    groups = {group.key: group for mention in chosen for group in mention.groups}
    return tuple(groups.values())


def _implied_sum(mention: _Mention) -> int:
    return sum(group.low or 0 for group in mention.groups)


def _adds_up(main: _Mention, other: _Mention) -> bool:
    """Tell whether another mention counts more people of the same incident."""
    counting, doc = _lexicon().counting, other.token.doc
    if all(doc[group.head].lower_ in counting["reflexive"] for group in other.groups):
        return True
    places = [(group.head - 3, group.head + 1) for group in other.groups] + [(other.token.i - 2, other.token.i)]
    if any(token.lower_ in counting["adding"] for start, end in places for token in doc[max(start, 0) : end]):
        return True
    is_joined = main.is_stated and other.is_stated and other.token in main.token.conjuncts
    return is_joined and not any(token.lower_ == "but" for token in doc[main.token.i : other.token.i])


def _is_dead_too(mention: _Mention, killed: Sequence[Group]) -> bool:
    """Tell whether one who was shot is the one who died: "the boy shot on Friday has died"."""
    is_single = not mention.is_stated and any(not group.stated and group.low for group in killed)
    return is_single and mention.rule.rule_id == "casualty.shoot" and not _has_others(mention)


def _without_killed(injured: Iterable[Group], killed: Sequence[Group]) -> tuple[Group, ...]:
    """Leave out of the injured who is among the killed: "shot and killed a man"."""
    keys = {group.key for group in killed}
    return tuple(group for group in injured if group.key not in keys)


def _sum(groups: Iterable[Group]) -> Range:
    counted = [group for group in groups if group.low is not None or group.high is not None]
    lows = [group.low for group in counted if group.low is not None]
    is_open = any(group.high is None for group in counted)
    high = None if is_open or not counted else sum(group.high or 0 for group in counted)
    return sum(lows) if lows else None, high


def _less_killed(injured: Range, killed: Range, mentions: Sequence[_Mention]) -> Range:
    """Take the one killed off the five shot of "five shot, one killed"."""
    shot = [m for m in mentions if m.rule.rule_id == "casualty.shoot" and m.effect == "injured" and m.is_stated]
    dead = [m for m in mentions if m.effect == "killed" and m.is_stated]
    if not shot or not dead or shot[0].token.i > dead[0].token.i or any(map(_has_others, (*shot, *dead))):
        return injured
    low, high, gone = injured[0], injured[1], killed[0]
    if low is None or gone is None or low != high or gone > low:
        return injured
    return low - gone, low - gone


def _has_others(mention: _Mention) -> bool:
    adding = _lexicon().counting["adding"]
    return any(token.lower_ in adding for token in mention.token.doc[max(mention.token.i - 3, 0) : mention.token.i])
