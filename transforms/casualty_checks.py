"""Tell whether a casualty trigger reports something that happened to people."""

import re
from collections.abc import Sequence

from spacy.tokens import Token

from transforms import victims
from transforms.casualty_named import named_by
from transforms.casualty_rules import Rule, lexicon
from transforms.crowd import is_aged, is_another, is_person, names_many
from transforms.scene import Group, Scene, Words, is_out_of_them

_GOVERNING = frozenset({"of", "to", "from", "against", "for", "at", "about", "with", "on"})
_SCORE = re.compile(r" \d{1,2}-\d{1,2}(?!\w)(?! (?:people|men|others))")
_RATE = re.compile(r"\bper \d")
_HURTING = frozenset({"casualty.wound", "casualty.wound_person", "casualty.injuries"})
_DEFINITE = frozenset({"the", "this", "that", "of", "his", "her", "their"})


def objection_to(
    token: Token, rule: Rule, heads: Sequence[Token], groups: Sequence[Group], scene: Scene, present: Words
) -> str:
    """Return what speaks against a trigger's reporting something, "" when nothing does."""
    is_beside = any(group.stated and group.end + 1 == token.idx for group in groups)  # "the raid left 20 killed"
    named = [*([] if is_beside else heads), *(scene.doc[group.head] for group in groups)]
    is_denial = any(group.high == 0 for group in groups)
    if "how many" in scene.text.lower():
        return "question"
    if is_name(token, rule):
        return "name"
    if not is_actual(token, rule):
        return "hypothetical"
    is_many = rule.effect == "casualty" and token.tag_ in {"NNS", "NNPS"}
    is_naming = is_many and bool(named_by(token, scene))  # "the victims were two women"
    if not has_company(token, rule, present, is_naming=is_naming):
        return "company"
    if any(head.lower_ in lexicon().bars["things"] for head in named):
        return "thing"
    if rule.frame == "object" and not any(group.stated for group in groups) and has_institution(named):
        return "thing"
    if is_animal(named, present) or has_beasts(named, scene):
        return "animal"
    if not meets(token, rule, groups, scene, present):
        return "unmet"
    if not is_denial and not _is_slight(token) and any(child.dep_ == "neg" for child in token.children):
        return "negated"
    return "weak" if rule.is_weak else ""


def is_spared(token: Token, rule: Rule, groups: Sequence[Group]) -> bool:
    """Tell whether a sentence says that somebody was not hurt: "was not injured", "did not cause any injuries"."""
    if rule.rule_id not in _HURTING or not is_actual(token, rule) or any(group.high == 0 for group in groups):
        return False
    if rule.frame == "harm":
        is_any = any(child.lower_ in {"any", "injury"} for child in token.children)
        return is_any and any(child.dep_ == "neg" for child in token.head.children)
    is_passive = bool(victims.children(token, {"auxpass"})) and token.lower_ in {"hurt", "injured", "wounded"}
    return is_passive and not _is_slight(token) and any(child.dep_ == "neg" for child in token.children)


def _is_slight(verb: Token) -> bool:
    """Tell whether "not" only speaks of how badly somebody was hurt: "was not seriously injured"."""
    return verb.i > 0 and verb.nbor(-1).lower_.endswith("ly")


def is_name(token: Token, rule: Rule) -> bool:
    """Tell whether a trigger is only part of a name or an idiom: "murder rate", "time-killing", "dead or alive"."""
    bars = lexicon().bars
    is_part = token.dep_ in {"compound", "amod", "nmod"} and rule.frame != "attribute" and rule.effect != "casualty"
    is_named = token.i + 1 < len(token.doc) and token.nbor(1).lower_ in bars["heads"] and rule.frame == "event"
    is_above = is_part and token.head.lower_ in bars["heads"]
    return is_named or is_above or _is_joined(token) or _is_idiom(token, rule)


def is_actual(token: Token, rule: Rule) -> bool:
    """Tell whether a trigger is stated as a fact or a claim: no wish, threat, plan, condition or charge."""
    if token.dep_ in {"acomp", "attr", "oprd"} and _is_hypothetical(token.head):
        return False
    if rule.frame == "event" and token.dep_ in {"nsubj", "attr", "dobj"} and not _is_definite(token):
        return not _is_hypothetical(token.head) and not _is_hypothetical(token)
    if rule.frame == "toll":
        return True
    if rule.frame == "lives" or (rule.frame == "event" and token.dep_ == "nsubj" and _is_bare(token)):
        return not _is_hypothetical(token.head)
    verb = token
    for _ in range(2):
        if _is_hypothetical(verb, is_own=verb == token):
            return False
        if verb.dep_ != "conj" or verb.head.tag_ != verb.tag_:
            break
        verb = verb.head
    return True


def _is_bare(noun: Token) -> bool:
    """Tell whether a noun names no deed: "the killing must stop"."""
    return noun.lower_ in lexicon().bars["lasting"] and {child.lower_ for child in noun.children} <= {
        "the",
        "this",
        "all",
    }


def _is_joined(token: Token) -> bool:
    """Tell whether a hyphen makes a trigger part of another word: "time-killing"; a murder-suicide is two deeds."""
    before = token.doc[max(token.i - 2, 0) : token.i]
    return len(before) == 2 and before.text.endswith("-") and before[0].lower_ not in lexicon().rules


def _is_definite(noun: Token) -> bool:
    """Tell whether a noun speaks of a known event: the killing, his death, the murder of X."""
    return any(child.dep_ == "poss" or child.lower_ in _DEFINITE for child in noun.children)


def _is_idiom(token: Token, rule: Rule) -> bool:
    """Tell whether the next words turn a trigger: "shot at", "dead or alive"."""
    following = token.doc[token.i + 1 : token.i + 3].text.lower()
    is_turned = token.lower_ == "dead" and following.split(" ")[0] in lexicon().bars["turns"]
    if is_turned or _SCORE.match(token.doc[token.i : token.i + 5].text, len(token)):
        return True
    if rule.rule_id != "casualty.shoot" or not following.startswith("at "):
        return following == "or alive"
    doers = victims.children(token, {"nsubj"})
    if not victims.children(token, {"aux"}) and any(d.lower_ in lexicon().counting["shooters"] for d in doers):
        return True
    aimed_at = {word.lower_ for word in victims.children(token.nbor(1), {"pobj"}) if word.pos_ != "PROPN"}
    return not aimed_at.isdisjoint(lexicon().counting["people"] | {"him", "us", "me"})


def _is_hypothetical(verb: Token, *, is_own: bool = True) -> bool:
    bars = lexicon().bars
    has_perfect = any(child.dep_ == "aux" and child.lower_ in {"have", "'ve"} for child in verb.children)
    for child in verb.children:
        if child.dep_ == "aux" and child.lower_ in bars["modals"] and not has_perfect:
            return True
        if child.dep_ == "mark" and child.lower_ in bars["markers"]:
            return True
        is_turned = child.dep_ == "prt" and child.lower_ in bars["particles"] and verb.lower_ not in bars["downed"]
        if is_own and is_turned:  # "killed off", not "showed up and killed"
            return True
    if any(child.dep_ == "aux" and child.lower_ == "to" for child in verb.children):
        is_counted = any(child.lower_ in bars["ordinals"] for child in verb.head.children)
        return not has_perfect and not is_counted and verb.head.lemma_.lower() not in bars["done"]
    above = verb.head.head if verb.head.dep_ == "prep" else verb.head
    is_governed = verb.dep_ in {"xcomp", "pcomp", "pobj", "dobj", "compound", "nmod", "acl"}
    is_governed = is_governed and (verb.head.dep_ != "prep" or verb.head.lower_ in _GOVERNING)
    return is_governed and not bars["governors"].isdisjoint((above.lemma_.lower(), verb.head.lemma_.lower()))


def has_company(token: Token, rule: Rule, present: Words, *, is_naming: bool = False) -> bool:
    """Tell whether the words that a rule needs beside its trigger are there."""
    company = lexicon().company
    if not present.isdisjoint(rule.without):
        return False
    if rule.near and not is_naming and present.isdisjoint(rule.near) and not _belongs_to_people(token, rule):
        return False
    if rule.frame == "attribute":
        behind = {word.lower_ for word in token.doc[token.i + 1 : token.i + 8]}
        is_most = token.lower_ in {"deadliest", "bloodiest"}
        return is_most or not company["deadly"].isdisjoint(behind) or token.dep_ in {"acomp", "oprd"}
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


def _belongs_to_people(token: Token, rule: Rule) -> bool:
    """Tell whether bodies are those "of five miners"."""
    known = lexicon().counting["people"]
    return rule.frame == "people" and any(
        owner.lower_ in known or owner.ent_type_ or any(child.like_num for child in owner.children)
        for owner in victims.belonging(token)
        if owner.dep_ == "pobj"
    )


def _is_suffered(token: Token) -> bool:
    """Tell whether an injury is somebody's: none healed, charged or died of."""
    bars = lexicon().bars
    above = {word.lemma_ for word in _up_to_verb(token)[:2] if token.dep_ != "conj"}
    return above.isdisjoint(bars["healed"]) and bars["insured"].isdisjoint(child.lower_ for child in token.children)


def _up_to_verb(noun: Token) -> list[Token]:
    """Return the words above a noun, up to the verb of its clause."""
    above = list(noun.ancestors)
    end = next((place for place, word in enumerate(above) if word.pos_ == "VERB"), len(above))
    return above[: end + 1]


def _is_specific(token: Token) -> bool:
    """Tell whether a noun like "murder" speaks of something that happened, not of a charge, a rate or a trend."""
    bars = lexicon().bars
    if _RATE.search(token.doc[token.i :].text):
        return False
    sets = lexicon().count.sets
    if victims.belonging(token) or any(child.pos_ == "NUM" or child.lower_ in sets for child in token.children):
        return True
    above = token.head.head if token.head.dep_ == "prep" else token.head
    is_known = any(child.lower_ in {"the", "this", "that"} for child in token.children)
    if above != token and not is_known and above.lemma_.lower() in bars["charges"] | bars["trends"]:
        return False
    if token.lower_ in bars["vague"]:
        return False
    return token.lower_ not in bars["bare"] or any(child.dep_ in {"det", "poss"} for child in token.children)


def meets(token: Token, rule: Rule, groups: Sequence[Group], scene: Scene, present: Words) -> bool:
    """Tell whether a mention has what its rule needs: people, or a word of violence."""
    if rule.needs == "number":
        return any(group.stated for group in groups)
    if rule.needs == "missing":
        return (
            any(group.stated and _is_of_people(group, scene) for group in groups)
            or token.head.lemma_ in lexicon().company["missing"]
        )
    if rule.needs == "people":
        return bool(victims.children(token, {"auxpass"})) or any(
            group.low is not None or is_person(scene.doc[group.head], scene) for group in groups
        )
    if rule.needs == "person":
        is_the_dead = bool(victims.children(token, {"det", "poss"})) and token.head.lower_ != "from"
        is_beside_others = "others" in present and any(group.is_counted for group in groups)
        return is_any_person(groups, scene) or is_beside_others or (is_the_dead and token.dep_ != "amod")
    if rule.needs == "victim":
        opening = {child.lower_ for child in token.children}
        is_told = "of" in opening or not opening.isdisjoint(scene.words.sets)
        return is_told and any(group.low is not None for group in groups)
    if rule.needs == "sent":
        is_of_people = any(group.low and _is_of_people(group, scene) for group in groups)
        return is_of_people and not present.isdisjoint(lexicon().violence["sending"])
    if rule.needs == "self":
        return any(scene.doc[group.head].lower_ in lexicon().counting["reflexive"] for group in groups)
    if rule.needs == "listed":
        return any(scene.doc[group.head].lower_ in lexicon().counting["people"] for group in groups)
    if rule.needs == "known":
        known = lexicon().counting["people"]
        heads = [scene.doc[group.head] for group in groups]
        if any(doer.lower_ in rule.near for doer in victims.children(token, {"nsubj"})):  # "a bullet struck Ada Ramos"
            return any(is_person(head, scene) for head in heads)
        if token.lower_ == "drowned" and not present.isdisjoint(lexicon().violence["water"]):
            return any(is_person(head, scene) for head in heads)
        return any(is_out_of_them(group, scene.text) for group in groups) or any(
            h.lower_ in known or is_aged(h) or is_another(h, scene) or h.i in scene.numbers or names_many(h)
            for h in heads
        )
    if rule.needs == "cue":
        return _is_violent(token, rule, groups, scene, present)
    return not _is_generic(token, groups)


def _is_of_people(group: Group, scene: Scene) -> bool:
    """Tell whether a number counts people: "nine sailors", "nine", not "nine pages"."""
    head = scene.doc[group.head]
    is_known = head.lower_ in lexicon().counting["people"] or names_many(head)
    return is_known or head.i in scene.numbers or head.pos_ in {"PROPN", "ADJ"}


def _is_generic(token: Token, groups: Sequence[Group]) -> bool:
    """Tell whether a verb in the present speaks of nobody in particular: "mines kill", "children die"."""
    is_present = token.tag_ in {"VB", "VBP"} and not victims.children(token, {"aux", "auxpass"})
    return is_present and not any(group.low is not None or group.high is not None for group in groups)


def is_any_person(groups: Sequence[Group], scene: Scene) -> bool:
    """Tell whether one of the groups is counted by a number or named by a word for people."""
    return any(group.stated or is_person(scene.doc[group.head], scene) for group in groups)


def _is_violent(token: Token, rule: Rule, groups: Sequence[Group], scene: Scene, present: Words) -> bool:
    """Tell whether a death is one by violence, accident or disaster, by the words of the sentence."""
    violence = lexicon().violence
    if _is_generic(token, groups):
        return False
    is_counted = any(group.stated and (group.low or group.high or 0) > 1 for group in groups)
    if is_counted:
        return True
    if rule.frame == "harm" and not lexicon().company["suffering"].isdisjoint(word.lemma_ for word in token.ancestors):
        return True
    if rule.frame != "harm" and not present.isdisjoint(violence["natural"]):
        return False
    known = lexicon().counting["people"] - {"leader", "he", "him", "she", "her", "father", "mother"}
    if any(scene.doc[g.head].lower_ in known or is_aged(scene.doc[g.head]) for g in groups):
        return True
    return token.tag_ in {"NNS", "NNPS"} or not (present - {token.lower_}).isdisjoint(violence["cues"])


def has_institution(named: Sequence[Token]) -> bool:
    """Tell whether what was hit is a government or a career, which can be "fatally wounded" too."""
    return any(head.lower_ in lexicon().bars["institutions"] and head.pos_ == "NOUN" for head in named)


def has_beasts(named: Sequence[Token], scene: Scene) -> bool:
    """Tell whether animals were hit and no people: "four wolves", "thousands of geese", not "Ivo Wolf"."""
    known = lexicon().counting["people"]
    numbered = [head for head in named if head.i in scene.numbers or head.lower_ in lexicon().counting["partitives"]]
    hit = [*named, *(beast for head in numbered for beast in victims.belonging(head) if beast.dep_ == "pobj")]
    return any(map(_is_beast, hit)) and not any(head.lower_ in known for head in hit)


def _is_beast(noun: Token) -> bool:
    bars = lexicon().bars
    is_lower = noun.text.islower() or noun.i == 0
    return noun.lower_ in bars["herds"] or (is_lower and noun.lower_ in bars["beasts"])


def is_animal(named: Sequence[Token], present: Words) -> bool:
    """Tell whether a sentence that speaks of an animal names nobody else as hit."""
    known = lexicon().counting["people"] - {"he", "him", "she", "her", "them", "himself", "herself"}
    return not present.isdisjoint(lexicon().bars["animals"]) and not any(head.lower_ in known for head in named)
