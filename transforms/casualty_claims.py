"""Settle which of two triggers a group belongs to: the three of "one killed, three injured" were not killed."""

from collections.abc import Sequence
from dataclasses import replace

from transforms import tally
from transforms.casualty_counts import Mention
from transforms.casualty_people import readings_of
from transforms.scene import Group, Scene

_BETWEEN = frozenset({"CCONJ", "PUNCT", "ADV", "PART", "ADP", "SPACE"})


def settle_claims(mentions: Sequence[Mention], scene: Scene) -> tuple[Mention, ...]:
    """Return the mentions, each without the people that stand nearer to a trigger of another effect."""
    return _told_apart([_settled(mention, mentions, scene) for mention in mentions])


def _told_apart(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the mentions, each without the number of the 40 "killed or wounded"."""
    mixed = {key for first in mentions for second in mentions for key in _mixed(first, second)}
    return tuple(
        replace(mention, groups=tuple(_uncounted(g) if g.key in mixed else g for g in mention.groups))
        for mention in mentions
    )


def _mixed(first: Mention, second: Mention) -> set[int]:
    """Return the keys of the people of whom one of two things is said."""
    effects = {first.effect, second.effect}
    between = first.token.doc[first.token.i + 1 : second.token.i]
    words = {token.lower_ for token in between if token.pos_ != "ADV"}
    if "killed" not in effects or len(effects) < 2 or not words:
        return set()
    keys = [{g.key for g in mention.groups if g.high != 0} for mention in (first, second)]
    if words <= {"or", "and/or"}:
        return keys[0] | keys[1]
    return keys[0] & keys[1] if words == {"and"} and first.effect == "killed" else set()


def _uncounted(group: Group) -> Group:
    return replace(group, low=None, high=None, stated=False)


def _settled(mention: Mention, mentions: Sequence[Mention], scene: Scene) -> Mention:
    others = [other for other in mentions if other.effect != mention.effect and not other.objection]
    others = [other for other in others if not _is_shared(mention, other)]
    lost = {group.key for group in mention.groups if group.is_counted and _is_lost(group, mention, others, scene)}
    if not lost:
        return mention
    for groups in readings_of(mention.token, mention.rule, scene):
        if groups and all(group.is_counted and group.key not in lost for group in groups):
            return replace(mention, groups=groups)
    is_before = any(group.key in lost and group.start > mention.token.idx for group in mention.groups)
    kept = tuple(group for group in mention.groups if group.key not in lost)
    return replace(mention, groups=kept) if is_before else mention


def _is_lost(group: Group, mention: Mention, others: Sequence[Mention], scene: Scene) -> bool:
    """Tell whether another trigger stands nearer to a group than the mention that counts it."""
    rivals = [_nearness(other, group, scene) for other in others if group in other.groups]
    return max(rivals, default=0) > _nearness(mention, group, scene)


def _is_shared(mention: Mention, other: Mention) -> bool:
    """Tell whether two triggers are one predicate: "shot and killed two men"."""
    low, high = sorted((mention.token.i, other.token.i))
    return all(token.pos_ in _BETWEEN for token in mention.token.doc[low + 1 : high])


def _nearness(mention: Mention, group: Group, scene: Scene) -> int:
    """Return 2 for a trigger right behind a group, 1 for one right before it, else 0."""
    if mention.rule.frame == "care":
        return 2
    place = tally.phrase_at(group.head, scene)
    if place is None:
        return 0
    phrase = scene.phrases[place]
    return 2 * (phrase.end == mention.token.i) or int(phrase.start == mention.token.i + 1)
