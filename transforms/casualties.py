"""Find reports of people killed, injured or missing in a parsed sentence, and count them."""

from collections.abc import Callable, Mapping, Sequence

from spacy.tokens import Doc, Token

from schemas.event import Finding
from transforms import victims
from transforms.casualty_checks import has_company, is_actual, is_animal, is_any_person, meets
from transforms.casualty_counts import Mention, add_up, is_dead_too, less_killed, total, without_killed
from transforms.casualty_rules import Effect, Rule, lexicon
from transforms.victims import Group, Scene, Words

_PEOPLE: Mapping[str, Callable[[Token], list[Token]]] = {
    "object": victims.objects,
    "lost": victims.lost,
    "subject": victims.subjects,
    "predicate": victims.described,
    "event": victims.belonging,
}


def find_casualties(doc: Doc) -> list[Finding]:
    """Return one finding that sums up the casualties a sentence reports, or nothing."""
    triggers = [(token, rule) for token in doc if (rule := _rule_of(token)) is not None]
    if not triggers:
        return []
    present = frozenset(token.lower_ for token in doc)
    if "how many" in doc.text.lower():
        return []
    scene = victims.read_scene(doc, lexicon().count)
    mentions = [_mention(token, rule, scene, present) for token, rule in triggers]
    actual = [mention for mention in mentions if mention is not None]
    return [_finding(doc, actual, present)] if actual else []


def _rule_of(token: Token) -> Rule | None:
    """Return the rule of a form; a form of two rules goes by its part of speech."""
    rules = lexicon().rules.get(token.lower_, ())
    if len(rules) < 2:
        return rules[0] if rules else None
    is_verb = token.tag_.startswith("V") or token.pos_ in {"VERB", "ADJ"}
    has_number = token.i + 1 < len(token.doc) and (token.nbor(1).like_num or token.nbor(1).lower_ == "at")
    pos = "verb" if is_verb or has_number else "noun"
    return next((rule for rule in rules if rule.pos == pos), rules[0])


def _mention(token: Token, rule: Rule, scene: Scene, present: Words) -> Mention | None:
    """Return what a trigger reports, None when it reports nothing."""
    if not is_actual(token, rule) or not has_company(token, rule, present):
        return None
    heads = list(victims.with_conjuncts(token, _people(token, rule), scene))
    groups = _groups(token, rule, heads, scene)
    named = [*heads, *(scene.doc[group.head] for group in groups)]
    if any(head.lower_ in lexicon().bars["things"] for head in named) or is_animal(named, present):
        return None
    if not meets(token, rule, groups, scene, present):
        return None
    if any(child.dep_ == "neg" for child in token.children) and not any(group.high == 0 for group in groups):
        return None
    effect: Effect = "killed" if rule.effect == "casualty" and _listed(token) else _effect(token, rule)
    return Mention(rule, token, effect, groups)


def _people(token: Token, rule: Rule) -> list[Token]:
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
    known = lexicon().counting["people"]
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


def _groups(token: Token, rule: Rule, heads: Sequence[Token], scene: Scene) -> tuple[Group, ...]:
    """Count the people of a mention: by the parse, by the words before it, then by the words behind it."""
    if rule.frame == "toll":
        return _toll(token, scene)
    if rule.frame == "sign":
        return ()
    if rule.frame == "adverb":
        group = victims.stated_at(token.i - 1, scene)
        return (group,) if group else ()
    if rule.frame != "event" and (listed := _listed(token)):
        return listed
    parsed = tuple(victims.count(head, scene) for head in heads)
    if rule.frame == "event" and token.tag_ in {"NNS", "NNPS"}:
        parsed = tuple(group for group in parsed if group.stated or len(parsed) > 1)
    if rule.frame == "attribute":
        return tuple(group for group in parsed if is_any_person((group,), scene))
    if _looks_back(token, rule, scene):
        before = victims.count_before(_anchor(token, rule), scene)
        is_open = bool(before) and not _is_embedded(before[0], scene)
        if is_open and (rule.frame != "event" or before[0].stated) and _is_nearer(token, before, parsed, scene):
            return before
    if rule.frame in {"event", "people"} and not heads:
        return _own(token, rule, scene)
    if rule.frame in {"object", "event"} and not any(group.low == 0 for group in parsed):
        after = victims.count_after(token, scene)
        return after if _is_better(after, parsed) else parsed
    return parsed


def _anchor(token: Token, rule: Rule) -> Token:
    """Return the word before which the people stand: of "suffering from wounds" and "lost their lives" the verb."""
    verb = token.head.head if token.head.dep_ == "prep" else token.head
    is_below = rule.frame == "harm" or (rule.frame == "lives" and token.head.lemma_ in {"lose", "give"})
    return verb if is_below and verb.i < token.i else token


def _own(token: Token, rule: Rule, scene: Scene) -> tuple[Group, ...]:
    """Count what the trigger itself names: 62 murders, a body, the killing."""
    counted = victims.count(token, scene)
    is_one = token.tag_ in {"NN", "NNP", "JJ", "VBN"} and token.lower_ not in {"remains"}
    is_single = rule.frame == "people" or token.lower_ in lexicon().counting["single_events"]
    return (counted,) if counted.stated or (is_one and is_single) else ()


def _looks_back(token: Token, rule: Rule, scene: Scene) -> bool:
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
    return span is not None and span.start > 0 and span[0].nbor(-1).lower_ in lexicon().counting["embedding"]


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
    group = victims.stated_at(max(scene.numbers, default=-1), scene)
    return (group,) if group else ()


def _effect(token: Token, rule: Rule) -> Effect:
    """Return what happened; a shot or stab that is called fatal killed."""
    if rule.effect != "injured":
        return rule.effect
    lethal = lexicon().company["lethal"]
    is_lethal = any(child.lower_ in lethal and not _is_of_another(child, token) for child in token.children)
    behind = token.doc[token.i + 1 : token.i + 5].text.lower()
    return "killed" if is_lethal or "to death" in behind or behind.startswith("dead ") else "injured"


def _is_of_another(adverb: Token, trigger: Token) -> bool:
    """Tell whether the "fatally" of "nine shot, one fatally" is said of somebody else."""
    return bool(list(adverb.children)) or (adverb.i > trigger.i and adverb.nbor(-1).like_num)


def _finding(doc: Doc, mentions: Sequence[Mention], present: Words) -> Finding:
    killed_groups = total([m for m in mentions if m.effect == "killed"])
    injured_groups = total([m for m in mentions if m.effect == "injured" and not is_dead_too(m, killed_groups)])
    injured_groups = without_killed(injured_groups, killed_groups)
    missing_groups = total([m for m in mentions if m.effect == "missing"])
    groups = (*killed_groups, *injured_groups, *missing_groups)
    killed, missing = add_up(killed_groups), add_up(missing_groups)
    injured = less_killed(add_up(injured_groups), killed, mentions)
    if _is_denied(mentions):
        killed, injured = (killed[0] or 0, killed[1] or 0), (injured[0] or 0, injured[1] or 0)
    subtype = _subtype(mentions)
    best = max((m for m in mentions if subtype in {"none", m.effect} or m.effect == "casualty"), key=_rank)
    is_fight = not present.isdisjoint(lexicon().violence["fight"])
    is_violent = is_fight or not present.isdisjoint(lexicon().violence["assault"])
    return Finding(
        event_type="casualty_report",
        event_subtype=subtype,
        rule_id=best.rule.rule_id,
        confidence=best.rule.confidence,
        trigger_start=best.token.idx,
        trigger_end=best.token.idx + len(best.token),
        killed_low=killed[0],
        killed_high=killed[1],
        injured_low=injured[0],
        injured_high=injured[1],
        missing_low=missing[0],
        missing_high=missing[1],
        casualty_text=_casualty_text(doc, groups),
        victim_type=_victim_type(doc, groups or [group for mention in mentions for group in mention.groups]),
        is_cumulative=not present.isdisjoint(lexicon().time["cumulative"]),
        plover="ASSAULT" if is_violent else None,
        cameo=("19" if is_fight else "18") if is_violent else None,
    )


def _is_denied(mentions: Sequence[Mention]) -> bool:
    """Tell whether a sentence says that nobody came to harm: "no casualties", "all were unhurt"."""
    groups = [group for mention in mentions for group in mention.groups]
    is_zero = bool(groups) and all(group.high == 0 for group in groups)
    return all(m.effect == "none" for m in mentions) or (is_zero and all(m.effect == "casualty" for m in mentions))


def _subtype(mentions: Sequence[Mention]) -> str:
    """Return the gravest of what a sentence reports; "none" when it denies all of it."""
    effects = {m.effect for m in mentions if not m.groups or any(group.high != 0 for group in m.groups)}
    for effect, name in (("killed", "killed"), ("injured", "injured"), ("missing", "missing"), ("casualty", "killed")):
        if effect in effects:
            return name
    return "none"


def _victim_type(doc: Doc, groups: Sequence[Group]) -> str:
    """Return who the people are, by the words of the phrases that count them."""
    kinds = lexicon().victims
    words = {
        token.lower_
        for group in groups
        for token in (*doc[group.head].subtree, doc[group.head])
        if token.i <= group.head
    }
    is_civilian, is_military = not words.isdisjoint(kinds["civilian"]), not words.isdisjoint(kinds["military"])
    if is_civilian and is_military:
        return "mixed"
    return "civilian" if is_civilian else "military" if is_military else "unknown"


def _rank(mention: Mention) -> tuple[float, int]:
    return mention.rule.confidence, -mention.token.i


def _casualty_text(doc: Doc, groups: Sequence[Group]) -> str | None:
    counted = [group for group in groups if group.low is not None or group.high is not None]
    return doc.text[min(g.start for g in counted) : max(g.end for g in counted)] if counted else None
