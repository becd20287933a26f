"""Turn what the triggers of one sentence say into one finding."""

from collections.abc import Sequence

from spacy.tokens import Doc

from schemas.event import Finding
from transforms.casualty_counts import (
    Mention,
    add_up,
    died_of_wounds,
    is_dead_too,
    less,
    less_killed,
    total,
    without_killed,
)
from transforms.casualty_rules import lexicon
from transforms.scene import Group, Words


def sum_up(doc: Doc, mentions: Sequence[Mention], present: Words) -> Finding:
    """Return the finding that adds up the people of all mentions of a sentence."""
    taken, counted = died_of_wounds(mentions)
    killed_groups = total([m for m in counted if m.effect == "killed"])
    killed_keys = {group.key for group in killed_groups}
    hurt = [m for m in mentions if m.effect == "injured" and not is_dead_too(m, killed_groups)]
    hurt = [m for m in hurt if any(group.key not in killed_keys for group in m.groups)]
    injured_groups = total(hurt)
    injured_groups = without_killed(injured_groups, killed_groups)
    missing_groups = total([m for m in mentions if m.effect == "missing"])
    groups = (*killed_groups, *taken, *injured_groups, *missing_groups)
    killed, missing = add_up((*killed_groups, *taken)), add_up(missing_groups)
    injured = less_killed(
        less(add_up(injured_groups), taken),
        add_up(killed_groups),
        [m for m in counted if m.effect == "killed" or m in hurt],
    )
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
        is_cumulative=_is_cumulative(doc, groups),
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


def _is_cumulative(doc: Doc, groups: Sequence[Group]) -> bool:
    """Tell whether a number is of a time or a war: not that of one incident, and not a single named victim."""
    is_single = bool(groups) and not any(group.stated or not group.is_counted for group in groups)
    told = lexicon().comparing.sub("", doc.text)
    return not is_single and lexicon().cumulative.search(told) is not None


def _rank(mention: Mention) -> tuple[float, int]:
    return mention.rule.confidence, -mention.token.i


def _casualty_text(doc: Doc, groups: Sequence[Group]) -> str | None:
    counted = [group for group in groups if group.low is not None or group.high is not None]
    return doc.text[min(g.start for g in counted) : max(g.end for g in counted)] if counted else None
