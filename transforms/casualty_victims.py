"""Settle what happened to the victims of whom a sentence only says how many they are."""

from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Doc

from transforms.casualty_counts import Mention
from transforms.casualty_rules import Effect, lexicon


def settle_victims(mentions: Sequence[Mention], doc: Doc) -> list[Mention]:
    """Return the mentions, with victims told of alone counted as hurt where they live, else as killed.

    An article without dead takes the killing back, see ``count_shot_as_killed``.
    """
    if not all(mention.rule.rule_id == "casualty.victims" and mention.effect == "casualty" for mention in mentions):
        return list(mentions)
    effect: Effect = "injured" if _live(doc) else "killed"
    return [replace(mention, effect=effect) if _is_counted(mention) else mention for mention in mentions]


def _is_counted(mention: Mention) -> bool:
    """Tell whether victims have a number, or are one who was told of before."""
    is_known = any(child.dep_ == "det" and child.lower_ not in {"a", "an"} for child in mention.token.children)
    return mention.is_stated or (is_known and any(group.low == 1 for group in mention.groups))


def _live(doc: Doc) -> bool:
    words = {token.lower_ for token in doc}
    company = lexicon().company
    return not words.isdisjoint(company["living"]) and words.isdisjoint(company["dying"])
