"""Find and count whom one casualty trigger speaks of: by the parse, else by the words beside it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from spacy.tokens import Token

from transforms import tally, victims
from transforms.casualty_named import meant_by_they, named_by
from transforms.casualty_rules import Rule, lexicon
from transforms.crowd import is_aged, is_person
from transforms.scene import Group, Scene

_NOUNS = frozenset({"NOUN", "PROPN", "ADJ"})
_YEAR = re.compile(r"(?:19|20)\d\d")

Heads = Callable[[Token], list[Token]]


def people_of(token: Token, rule: Rule, scene: Scene) -> tuple[Group, ...]:
    """Return the groups of people that a trigger speaks of."""
    if read := _WITHOUT_HEADS.get(rule.frame):
        return read(token, scene)
    if rule.frame != "event" and (names := named_by(token, scene)):
        return names
    if victim := _shot_dead(token, scene) or (_in_set(token, scene) if rule.frame == "event" else ()):
        return victim
    if part := _part(token, scene) or (rule.frame == "harm" and _injuries(token, scene)):
        return part
    if "number of" in token.doc[max(token.i - 3, 0) : token.i].text:
        return _toll(token, scene)
    groups = _beside(token, rule, _heads(token, rule), scene)
    if groups == () or not any(group.is_counted for group in groups):
        groups = meant_by_they(token, _heads(token, rule), scene) or _by_the_dozen(token, scene) or groups
    if groups and rule.frame in {"object", "subject", "predicate"}:
        keys = {group.key for group in groups}
        more = (*tally.together(token, scene), *tally.left_out(token, scene))
        groups = (*groups, *(other for other in more if other.key not in keys))
    return groups


def _by_the_dozen(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Count the 24 of "killing civilians by the dozens"."""
    ahead = [i for i in sorted(scene.numbers) if i > token.i and token.doc[max(i - 2, 0) : i].text.lower() == "by the"]
    return tuple(group for i in ahead[:1] if (group := tally.stated_at(i, scene)))


def _shot_dead(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Count who stands right behind "shot dead", whatever the parse says; nobody where somebody "was shot dead"."""
    doc = token.doc
    is_passive = bool(victims.children(token, {"auxpass"})) or (token.i > 0 and token.nbor(-1).pos_ == "AUX")
    place = tally.phrase_at(token.i + 2, scene) if is_shot_dead(token) and not is_passive else None
    is_next = place is not None and scene.phrases[place].start == token.i + 2
    if not is_next or doc[token.i + 2].lower_ in lexicon().times:
        return ()
    return tally.count_from(token.i + 2, token, scene)


def is_shot_dead(token: Token) -> bool:
    """Tell whether a word is the first of "shot dead"."""
    is_shooting = token.lower_ in {"shot", "shoots", "shoot", "shooting"}
    return is_shooting and token.i + 1 < len(token.doc) and token.nbor(1).lower_ == "dead"


def heads_of(token: Token, rule: Rule) -> list[Token]:
    """Return the words that the parse gives for whom a trigger hit, people or not."""
    return [] if rule.frame in _WITHOUT_HEADS else _heads(token, rule)


# --- by the parse


def _heads(token: Token, rule: Rule) -> list[Token]:
    if rule.frame == "event" and _is_way_to_die(token):
        above = token.head.head
        return victims.objects(above) or victims.subjects(above) or ([above] if above.pos_ == "NOUN" else [])
    find = _HEADS.get(rule.frame)
    times = lexicon().times
    found = find(token) if find else []
    return [head for head in found if head.lower_ not in times and not _YEAR.fullmatch(head.text)]


def _is_way_to_die(noun: Token) -> bool:
    """Tell whether a noun is the death of "beaten to death" and "fell to their deaths"."""
    words = {child.lower_ for child in noun.children}
    return noun.head.lower_ == "to" and words.isdisjoint({"the", "of", "a"})


def _in_what(token: Token) -> list[Token]:
    """Return who was hit in the event that "deadly" describes."""
    return victims.belonging(token.head)


def _losers(token: Token) -> list[Token]:
    """Return who lost or gave their lives; the lives themselves where somebody took them."""
    if token.head.lemma_ in {"lose", "give"}:
        return victims.subjects(token.head)
    return victims.belonging(token) or [token]


def _harmed(token: Token) -> list[Token]:
    """Return who has the injuries: the subject of "suffered injuries", the man "with a wound"."""
    while token.dep_ == "conj" and token.head.pos_ == "NOUN":
        token = token.head
    owners = victims.children(token, {"poss"})
    if named := [owner for owner in owners if owner.tag_ != "PRP$"] or _hit_by(token):
        return named
    verb = token.head.head if token.head.dep_ == "prep" else token.head
    if verb.pos_ in {"NOUN", "PROPN", "NUM"}:
        return [verb] if verb.dep_ != "dobj" or token.head.lower_ == "with" else []
    found = victims.children(verb, {"dobj"}) if verb.dep_ in {"xcomp", "advcl", "ccomp"} else []
    found = [noun for noun in found if noun != token]
    above = victims.children(verb.head, {"dobj"}) if verb.dep_ in {"advcl", "acl"} else []
    hurt = found or [head for head in above if head.lower_ in lexicon().counting["people"]] or victims.doers(verb)
    return [person for person in hurt if person != token] or owners


def _hit_by(injuries: Token) -> list[Token]:
    """Return whom something caused injuries: "caused injuries to 12 people"."""
    above = injuries.head.children if injuries.dep_ == "dobj" and injuries.head.lemma_ != "suffer" else ()
    preps = [child for child in (*injuries.children, *above) if child.lower_ == "to"]
    hit = [person for prep in preps for person in victims.children(prep, {"pobj"})]
    return [person for person in hit if not _is_part_of_body(person)]


def _is_part_of_body(noun: Token) -> bool:
    """Tell whether a noun is the head of "a wound to the head": a common one that is no word for people."""
    return noun.tag_ == "NN" and noun.lower_ not in lexicon().counting["people"] and not is_aged(noun)


def _owner(token: Token) -> list[Token]:
    """Return whose the throat, the blood or the broken leg is: the subject of the verb above."""
    for word in (token, *token.ancestors):
        if found := [child for child in word.children if child.dep_ == "poss" and child.tag_ != "PRP$"]:
            return found
        if word.pos_ in {"VERB", "AUX"} and (found := victims.doers(word)):
            known = lexicon().counting["people"] | lexicon().counting["singular_pronouns"]
            if shown := [head for head in found if head.lower_ in known or head.tag_ == "NNP"]:
                return shown
    return [child for child in victims.children(token, {"poss"}) if child.lower_ in {"his", "her", "my"}]


_HEADS: Mapping[str, Heads] = {
    "object": victims.objects,
    "lost": victims.lost,
    "subject": victims.subjects,
    "predicate": victims.described,
    "event": victims.belonging,
    "harm": _harmed,
    "attribute": _in_what,
    "lives": _losers,
    "sign": _owner,
}


# --- by the words beside it


def readings_of(token: Token, rule: Rule, scene: Scene) -> tuple[tuple[Group, ...], ...]:
    """Return what the parse, the words before a trigger and the words behind it count, each by itself."""
    if rule.frame not in {"object", "subject", "predicate"}:
        return ()
    parsed = tally.people(token, _heads(token, rule), scene)
    return parsed, tally.count_before(token, scene), tally.count_after(token, scene)


def _beside(token: Token, rule: Rule, heads: Sequence[Token], scene: Scene) -> tuple[Group, ...]:
    """Count the people of a trigger: by the parse, by the words before it, then by the words behind it."""
    parsed = tally.people(token, heads, scene)
    if rule.frame == "event" and token.tag_ in {"NNS", "NNPS"}:
        parsed = tuple(group for group in parsed if group.stated or len(parsed) > 1)
    if rule.frame in {"attribute", "sign"}:
        parsed = parsed or _behind_of(token, scene)
        people = tuple(group for group in parsed if is_person(scene.doc[group.head], scene))
        return people or _single_death(token)
    if _looks_back(token, rule, scene):
        before = tally.count_before(_anchor(token, rule), scene)
        is_deed = token.tag_ in {"VBN", "VBD"} or token.lower_ == "shot"
        is_attached = is_deed and not victims.children(token, {"auxpass", "aux", "nsubj"})
        is_open = bool(before) and (is_attached or not _is_embedded(before[0], scene))
        is_number = rule.frame not in {"event", "people"} or (bool(before) and before[0].stated)
        if rule.frame == "harm" and before and before[-1].end + 1 >= token.idx and token.pos_ == "NOUN":
            is_number = False  # "one gunshot wound"
        if is_open and is_number and _is_nearer(token, before, parsed, scene):
            return before
    if rule.frame in {"event", "people"} and not parsed and not (parsed := _behind_of(token, scene)):
        return _own(token, rule, scene)
    if rule.frame in {"object", "event"} and not any(group.low == 0 for group in parsed):
        after = tally.count_after(token, scene)
        parsed = after if _is_better(after, parsed) else parsed
    is_done_to = (token.tag_ in {"VBN", "NNP"} and rule.frame == "object") or rule.frame == "subject"
    if rule.frame == "harm" and token.head.dep_ == "prep" and not any(group.is_counted for group in parsed):
        return tally.count_far_before(token, scene) or parsed  # "find a man upstairs, bleeding from wounds"
    return parsed or (tally.count_far_before(token, scene) if is_done_to else ())


def _behind_of(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Count who stands behind "of", whatever the parse says: "the death of three-year-old", "fatal shooting of"."""
    preposition = next((word for word in token.doc[token.i + 1 : token.i + 3] if word.lower_ == "of"), None)
    return tally.count_from(preposition.i + 1, token, scene) if preposition is not None else ()


def _single_death(token: Token) -> tuple[Group, ...]:
    """Count the one whom a fatal shooting or fall killed."""
    single = lexicon().company["single"]
    nouns = takewhile(lambda word: word.pos_ in _NOUNS or word.lower_ in single, token.doc[token.i + 1 :])
    events = {token.head.lower_, *(word.lower_ for word in nouns)}
    is_single = token.lower_ in {"fatal", "deadly"} and not events.isdisjoint(single)
    return (Group(token.idx, token.i, 1, 1, False, token.idx, token.idx + len(token)),) if is_single else ()


def _anchor(token: Token, rule: Rule) -> Token:
    """Return the word before which the people stand: of "suffering from wounds" and "lost their lives" the verb."""
    verb = token.head.head if token.head.dep_ == "prep" else token.head
    is_below = rule.frame == "harm" or (rule.frame == "lives" and token.head.lemma_ in {"lose", "give"})
    return verb if is_below and verb.i < token.i else token


def _looks_back(token: Token, rule: Rule, scene: Scene) -> bool:
    """Tell whether the people may stand before the trigger: "five killed", not "killing five"."""
    if rule.frame in {"event", "people", "lives", "predicate", "subject", "harm"}:
        return True
    times = lexicon().times
    found = [child for child in victims.direct_objects(token) if child.lower_ not in times]
    is_active = any(child.i not in scene.aside for child in found)
    is_participle = token.lower_.endswith("ed") or token.lower_ in {"shot", "hurt", "slain", "burnt", "struck", "hit"}
    return not is_active and is_participle


def _is_better(linear: Sequence[Group], parsed: Sequence[Group]) -> bool:
    """Tell whether the words beside a trigger count more people than the parse does."""
    if any(group.stated for group in parsed) and not {group.key for group in parsed} <= {g.key for g in linear}:
        return False
    return _weight(linear) > _weight(parsed)


def _is_embedded(group: Group, scene: Scene) -> bool:
    """Tell whether a phrase hangs on a preposition: the daughters of "the man with two daughters was killed"."""
    span = scene.doc.char_span(group.start, group.end, alignment_mode="expand")
    return span is not None and span.start > 0 and span[0].nbor(-1).lower_ in lexicon().counting["embedding"]


def _is_nearer(token: Token, linear: Sequence[Group], parsed: Sequence[Group], scene: Scene) -> bool:
    """Tell whether the phrase before a trigger counts its people better than the parse does."""
    if victims.children(token, {"auxpass"}) and _is_told_of(linear, parsed, scene):
        return False
    if _is_better(linear, parsed) or token.i - 1 in scene.numbers:
        return True
    last = max((group.head for group in linear), default=0)
    places = [group.head for group in parsed]
    if places and [scene.doc[group.head].lower_ for group in linear] in (["he"], ["she"]):
        return False  # the parse may know for whom a pronoun stands
    if places and max(places) < last and _weight(linear) != (0, 0):
        between = scene.doc[max(places) + 1 : last]
        is_named = any(word.lower_ in lexicon().counting["naming"] for word in between)
        is_far = any(word.pos_ in {"VERB", "SCONJ", "PUNCT"} and word.i not in scene.aside for word in between)
        return is_far and not is_named
    is_even = _weight(linear) == _weight(parsed) and _weight(linear)[0] > 0
    return is_even and " of " not in scene.text[linear[0].start : token.idx]


def _is_told_of(linear: Sequence[Group], parsed: Sequence[Group], scene: Scene) -> bool:
    """Tell whether people stand in a clause about others: the two of "the gunman who killed two was shot"."""
    clauses = [clause for group in parsed for clause in victims.children(scene.doc[group.head], {"relcl"})]
    told = {word.i for clause in clauses for word in clause.subtree}
    return bool(linear) and all(group.head in told for group in linear)


def _weight(groups: Sequence[Group]) -> tuple[int, int]:
    return sum(group.stated for group in groups), sum(group.is_counted for group in groups)


# --- what the trigger itself names


def _own(token: Token, rule: Rule, scene: Scene) -> tuple[Group, ...]:
    """Count what the trigger itself names: 62 murders, a body, the killing."""
    if token.lower_ in lexicon().counting["partitives"] and (owners := victims.belonging(token)):
        return tally.people(token, owners, scene)
    if "murder-suicide" in token.doc[max(token.i - 2, 0) : token.i + 3].text.lower():
        return (Group(token.idx, token.i, 2, 2, False, token.idx, token.idx + len(token)),)
    counted = _counted(token, scene)
    is_one = token.tag_ in {"NN", "NNP", "JJ", "VBN", "VBG"} and token.lower_ not in {"remains", "grave"}
    is_single = rule.frame == "people" or token.lower_ in lexicon().counting["single_events"]
    if is_one and is_single and not counted.is_counted:
        counted = replace(counted, low=1, high=1)
    return (counted,) if counted.stated or (is_one and is_single) else ()


def _counted(token: Token, scene: Scene) -> Group:
    """Return the group of a noun that a number before it counts: "three more bodies", "a double murder"."""
    if found := _in_set(token, scene):
        return found[0]
    for child in reversed([inner for left in token.lefts for inner in (*left.lefts, left)]):
        if group := tally.stated_at(child.i, scene):
            return group
    return next(iter(_part(token, scene)), tally.count(token, scene))


def _in_set(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Count the two of "a double murder"."""
    sized = [(child, scene.words.sets[child.lower_]) for child in token.lefts if child.lower_ in scene.words.sets]
    return tuple(Group(word.idx, token.i, n, n, True, word.idx, token.idx + len(token)) for word, n in sized[:1])


def _injuries(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Count the people of "six deaths and 23 injuries": one each, where nobody is said to have them."""
    is_told = token.lemma_ == "injury" and lexicon().company["suffering"].isdisjoint(w.lemma_ for w in token.ancestors)
    numbers = [group for child in token.lefts if (group := tally.stated_at(child.i, scene))] if is_told else []
    return tuple(numbers[:1])


def _part(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Count "five of the injured" and "dozens of bodies" by the number before the trigger."""
    index = token.i - 1
    while index >= 0 and scene.doc[index].lower_ in {"of", "the"}:
        index -= 1
    if token.i in scene.aside and index in scene.asides:  # "seventy, including a dozen injured"
        group = tally.stated_at(index, scene)
        return (group,) if group else ()
    is_part = any(word.lower_ == "of" for word in scene.doc[index + 1 : token.i])
    group = tally.stated_at(index, scene) if is_part else None
    return (group,) if group else ()


def _toll(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Take the number that a toll reaches: the first behind the word, else the last before it."""
    behind = min((i for i in scene.numbers if i > token.i), default=None)
    if behind is not None:
        groups = tally.count_from(behind, token, scene)
        is_rise = bool(groups) and scene.text[: groups[0].start].endswith("from ")  # "from 27 to 31"
        return tuple(replace(group, low=group.high) for group in groups[:1]) if is_rise else groups
    group = tally.stated_at(max(scene.numbers, default=-1), scene) if token.lower_.startswith("toll") else None
    return (group,) if group else ()


def _before_adverb(token: Token, scene: Scene) -> tuple[Group, ...]:
    is_part = token.doc[max(token.i - 2, 0) : token.i].text.lower() in {"of them", "of whom"}
    group = tally.stated_at(token.i - (3 if is_part else 1), scene)
    return (group,) if group else ()


def _in_care(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Count the two of "three killed, two in hospital" and "three dead, two critical"."""
    index = token.i - 1
    while index >= 0 and scene.doc[index].lower_ in {"in", "to", "the", "a"}:
        index -= 1
    place = tally.phrase_at(index, scene)
    if place is None or scene.phrases[place].form != "number":
        return ()
    phrase = scene.phrases[place]
    return (phrase.group,) if phrase.end in {index + 1, token.i + 1} else ()


def _themselves(token: Token, scene: Scene) -> tuple[Group, ...]:
    """Return the one who turned a weapon on himself."""
    reflexive = lexicon().counting["reflexive"]
    return tuple(tally.count(word, scene) for word in token.doc[token.i + 1 : token.i + 7] if word.lower_ in reflexive)


def _sent_to_hospital(token: Token, scene: Scene) -> tuple[Group, ...]:
    is_there = "hospital" in token.doc[token.i + 1 : token.i + 16].text.lower()
    return tally.people(token, victims.direct_objects(token), scene) if is_there else ()


_WITHOUT_HEADS: Mapping[str, Callable[[Token, Scene], tuple[Group, ...]]] = {
    "toll": _toll,
    "adverb": _before_adverb,
    "self": _themselves,
    "care": _in_care,
    "sent": _sent_to_hospital,
}
