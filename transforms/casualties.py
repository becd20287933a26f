"""Find reports of people killed, injured or missing in a parsed sentence, and count them."""

from collections.abc import Sequence

from spacy.tokens import Doc, Token

from schemas.event import Finding
from transforms.casualty_checks import has_company, is_actual, is_animal, meets
from transforms.casualty_counts import Mention, add_up, is_dead_too, less_killed, total, without_killed
from transforms.casualty_people import heads_of, named_by, people_of
from transforms.casualty_rules import Effect, Rule, lexicon
from transforms.crowd import read_scene
from transforms.scene import Group, Scene, Words


def find_casualties(doc: Doc) -> list[Finding]:
    """Return one finding that sums up the casualties a sentence reports, or nothing."""
    triggers = [(token, rule) for token in doc if (rule := _rule_of(token)) is not None]
    if not triggers:
        return []
    present = frozenset(token.lower_ for token in doc)
    if "how many" in doc.text.lower():
        return []
    scene = read_scene(doc, lexicon().count)
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
    heads = heads_of(token, rule)
    groups = people_of(token, rule, scene)
    named = [*heads, *(scene.doc[group.head] for group in groups)]
    if any(head.lower_ in lexicon().bars["things"] for head in named) or is_animal(named, present):
        return None
    if not meets(token, rule, groups, scene, present):
        return None
    if any(child.dep_ == "neg" for child in token.children) and not any(group.high == 0 for group in groups):
        return None
    effect: Effect = "killed" if rule.effect == "casualty" and named_by(token, scene) else _effect(token, rule)
    return Mention(rule, token, effect, groups)


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
    killed_keys = {group.key for group in killed_groups}
    injured_mentions = [m for m in mentions if m.effect == "injured" and not is_dead_too(m, killed_groups)]
    injured_groups = total([m for m in injured_mentions if any(group.key not in killed_keys for group in m.groups)])
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
