"""Find reports of people killed, injured or missing in a parsed sentence, and count them.

The rules alone decide with ``find_casualties(doc)``. Where something else has an opinion too, ``read_casualties`` gives
how sure the rules are and what the sentence would report, whoever decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spacy.tokens import Doc, Token

from schemas.event import Finding
from transforms import tally, victims
from transforms.casualty_checks import is_spared, objection_to
from transforms.casualty_claims import settle_claims
from transforms.casualty_counts import Mention
from transforms.casualty_named import effect_of, named_by
from transforms.casualty_people import heads_of, is_shot_dead, people_of
from transforms.casualty_report import sum_up
from transforms.casualty_rules import Effect, Rule, lexicon
from transforms.casualty_victims import settle_victims
from transforms.crowd import read_scene
from transforms.scene import Group, Scene, Words

# What may speak against a trigger, the mildest first: an opinion from outside overrules the mildest there are.
OBJECTIONS = ("", "unmet", "company", "negated", "weak", "question", "hypothetical", "animal", "thing", "name")
# A sentence with more is a list; to weigh each trigger against each other takes ever longer.
MOST_TRIGGERS = 12
_DONE = frozenset({"killed", "injured"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence says of casualties: every trigger in reading order, with what speaks against it.

    ``strength`` is how sure the rules are that it reports casualties: the share of findings of its best rule that were
    right on labelled news, 0 when no trigger stands without objection.
    """

    doc: Doc
    mentions: tuple[Mention, ...]

    @property
    def strength(self) -> float:
        """Return the confidence of the best rule that nothing speaks against, 0 when there is none."""
        return max((mention.rule.confidence for mention in self.mentions if not mention.objection), default=0.0)

    def report(self) -> Finding | None:
        """Return what the sentence reports, given that it reports casualties; None when not a word tells of any.

        Triggers that something speaks against count only where there are no others, those with the mildest objection.
        """
        best = min((OBJECTIONS.index(mention.objection) for mention in self.mentions), default=None)
        if best is None:
            return _without_trigger(self.doc)
        chosen = [mention for mention in self.mentions if OBJECTIONS.index(mention.objection) == best]
        return sum_up(self.doc, settle_victims(_with_victims(chosen, self.mentions), self.doc), _present(self.doc))


def find_casualties(doc: Doc, *, is_likely: bool | None = None) -> list[Finding]:
    """Return one finding that sums up the casualties a sentence reports, or nothing.

    ``is_likely`` is an opinion from outside on whether the sentence reports casualties: True overrules what speaks
    against its triggers, False silences all of them, None leaves it to the rules.
    """
    if is_likely is False:
        return []
    reading = read_casualties(doc)
    finding = reading.report() if is_likely or reading.strength else None
    return [finding] if finding else []


def read_casualties(doc: Doc) -> Reading:
    """Read every trigger of a sentence, also those that report nothing by the rules alone."""
    triggers = [(token, rule) for token in doc if not _is_told(token) and (rule := _rule_of(token)) is not None]
    triggers = triggers[:MOST_TRIGGERS]
    if not triggers:
        return Reading(doc, ())
    scene, present = read_scene(doc, lexicon().count), _present(doc)
    mentions = [_mention(token, rule, scene, present) for token, rule in triggers]
    mentions = [mention for mention in mentions if mention.groups or mention.rule.frame != "sent"]
    return Reading(doc, settle_claims(mentions, scene))


def _without_trigger(doc: Doc) -> Finding | None:
    """Return a report of harm that no rule can read, at the first word of the gate."""
    match = lexicon().gate.search(doc.text)
    if match is None or match.start() == match.end():
        return None
    return Finding(
        event_type="casualty_report",
        event_subtype="killed",
        rule_id="casualty.untold",
        confidence=0.0,
        trigger_start=match.start(),
        trigger_end=match.end(),
        victim_type="unknown",
        is_cumulative=False,
    )


def _with_victims(chosen: Sequence[Mention], mentions: Sequence[Mention]) -> list[Mention]:
    """Lend the number of "five victims" to what happened to them: "all five victims have minor injuries"."""
    victims = next((m.groups for m in mentions if m.effect == "casualty" and m.is_stated), ())
    if not victims or any(
        group.is_counted for mention in chosen for group in mention.groups if mention.effect in _DONE
    ):
        return list(chosen)
    return [replace(mention, groups=victims) if mention.effect in _DONE else mention for mention in chosen]


def _present(doc: Doc) -> Words:
    return frozenset(token.lower_ for token in doc)


def _is_told(token: Token) -> bool:
    """Tell whether the word before says the same: the "dead" of "shot dead"."""
    return token.i > 0 and is_shot_dead(token.nbor(-1))


def _rule_of(token: Token) -> Rule | None:
    """Return the rule of a form; a form of two rules goes by its object, else by its part of speech."""
    rules = lexicon().rules.get(token.lower_, ())
    objects = {child.lower_ for child in victims.children(token, {"dobj"})} if any(r.objects for r in rules) else set()
    rules = tuple(r for r in rules if not r.objects.isdisjoint(objects)) or tuple(r for r in rules if not r.objects)
    if len(rules) < 2:
        return rules[0] if rules else None
    is_verb = token.tag_.startswith("V") or token.pos_ in {"VERB", "ADJ"}
    has_number = token.i + 1 < len(token.doc) and token.nbor(1).like_num
    pos = "verb" if is_verb or has_number else "noun"
    return next((rule for rule in rules if rule.pos == pos), rules[0])


def _mention(token: Token, rule: Rule, scene: Scene, present: Words) -> Mention:
    heads = heads_of(token, rule)
    effect = _effect(token, rule)
    if effect == "casualty" and (effect := effect_of(token)) == "casualty" and named_by(token, scene):
        effect = "killed"
    groups = tally.out_of_them(heads, scene) or people_of(token, rule, scene) or _unreported(token)
    if is_spared(token, rule, groups):
        return Mention(rule, token, "none", tuple(replace(group, low=0, high=0) for group in groups))
    objection = objection_to(token, rule, heads, groups, scene, present)
    return Mention(rule, token, effect, groups, objection)


def _unreported(token: Token) -> tuple[Group, ...]:
    """Count nobody for "no reports of casualties"."""
    told = token.head.head
    is_told = token.dep_ == "pobj" and told.lemma_.lower() in {"report", "word", "sign"}
    no = next((child for child in told.lefts if child.lower_ == "no"), None) if is_told else None
    return (Group(no.idx, token.i, 0, 0, True, no.idx, token.idx + len(token)),) if no is not None else ()


def _effect(token: Token, rule: Rule) -> Effect:
    """Return what happened; a shot or stab that is called fatal killed."""
    if rule.effect != "injured":
        return rule.effect
    lethal = lexicon().company["lethal"]
    is_lethal = any(child.lower_ in lethal and not _is_of_another(child, token) for child in token.children)
    is_lethal = is_lethal or token.doc[max(token.i - 1, 0) : token.i].text.lower() in lethal  # "Fatally Shoots"
    behind = token.doc[token.i + 1 : token.i + 5].text.lower()
    return "killed" if is_lethal or "to death" in behind or is_shot_dead(token) else "injured"


def _is_of_another(adverb: Token, trigger: Token) -> bool:
    """Tell whether the "fatally" of "nine shot, one fatally" is said of somebody else."""
    return bool(list(adverb.children)) or (
        adverb.i > trigger.i and (adverb.nbor(-1).like_num or adverb.nbor(-1).lower_ in {"them", "whom"})
    )
