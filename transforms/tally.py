"""Count the people beside a casualty trigger: the lists of phrases that the parse or the words point to."""

import re
from collections.abc import Iterator, Sequence

from spacy.tokens import Token

from transforms.crowd import count_list, is_aged, is_another, is_person, may_be_person, names_many, phrase_between
from transforms.scene import Group, Phrase, Scene, is_out_of_them
from transforms.victims import antecedent, children

_SKIPPED_POS = frozenset({"AUX", "ADV", "SPACE"})
_AHEAD_POS = frozenset({"NOUN", "PROPN", "ADJ", "NUM", "DET", "PRON", "INTJ", "SPACE", "ADV"})
_JOINTS = frozenset({",", "and", "&"})
_FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
_TOGETHER = re.compile(r"\b(?:along with|together with|as well as|alongside)\s", re.IGNORECASE)
_PLACING = frozenset({"in", "on", "at", "from", "of", "aboard", "inside", "outside", "near"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_WHERE_OR_WHEN = frozenset({"in", "on", "at", "off", "near", "since", "until", "after", "before", "from", "outside"})
_PASSIVE = frozenset({"was", "were"})
_REFLEXIVE = frozenset({"himself", "herself"})
_DYING = frozenset({"die", "perish", "succumb", "drown"})
_IN_CARE = frozenset({"hospital", "critical", "stable", "serious"})
_VERBS = frozenset({"VBD", "VBG", "VBN", "VBZ", "VBP", "MD"})
_LOOK_AHEAD = 5  # tokens between a trigger and the people behind it


def people(trigger: Token, heads: Sequence[Token], scene: Scene) -> tuple[Group, ...]:
    """Count the people that the parse puts beside a trigger, with all who are listed with them."""
    shown = [head for head in (_meant(head, scene) for head in heads) if head.i not in scene.aside]
    if heads and not shown:
        shown = [head for head in (_before_aside(heads[-1], scene),) if head.lower_ in scene.words.people]
    shown = [head for head in shown if head.lower_ not in scene.words.triggers]
    if not shown:
        return ()
    # The last of several is the nearest; a place or thing among them is a mistake of the parse.
    shown.sort(key=lambda head: (is_person(head, scene), head.i))
    place = phrase_at(shown[-1].i, scene)
    if place is None:
        return (count(shown[-1], scene),)
    verb = trigger.head if trigger.dep_ == "conj" else trigger
    is_of_whole = verb.dep_ in {"acl", "relcl"}  # "one of five men killed", but "two of five men were hurt"
    if place and not is_of_whole and _is_part_of(scene.phrases[place - 1], scene.phrases[place], scene):
        return (scene.phrases[place - 1].group,)
    if (inner := _inner(shown[-1], scene.phrases[place], scene)) is not None:
        return count_list([inner, *(scene.phrases[i] for i in _rightwards(place, trigger, scene))], scene)
    if scene.phrases[place].start <= trigger.i < scene.phrases[place].end:
        return (scene.phrases[place].group,)
    places = {*_listed(place, trigger, scene), *_conjuncts(shown[-1], scene), *_more_heads(shown[:-1], scene)}
    return count_list([scene.phrases[i] for i in sorted(_items(place, scene) or places)], scene)


def _items(place: int, scene: Scene) -> set[int]:
    """Return the phrases that begin the items of a list of people with semicolons, when one of them is given."""
    end = next((token.i for token in scene.doc if token.text == ";"), 0)
    opening = [i for i, phrase in enumerate(scene.phrases) if phrase.end <= end and phrase.form != "one"]
    items = {i for i, phrase in enumerate(scene.phrases) if _begins_item(phrase, scene)}
    items |= set([i for i in opening if _is_counted_person(scene.phrases[i], scene)][:1])
    return items if len(items) > 2 and place in items else set()


def _begins_item(phrase: Phrase, scene: Scene) -> bool:
    before = scene.doc[max(phrase.start - 2, 0) : phrase.start].text
    is_opening = before.endswith(";") or before.startswith("; and") or before == ";and"
    return is_opening and _is_counted_person(phrase, scene)


def _is_counted_person(phrase: Phrase, scene: Scene) -> bool:
    return phrase.group.is_counted and is_known_person(phrase.group, scene)


def _more_heads(heads: Sequence[Token], scene: Scene) -> Iterator[int]:
    """Yield the phrases of people that the parse gives one verb besides the last: "two men from Estmark and a boy"."""
    for place in (phrase_at(head.i, scene) for head in heads):
        group = scene.phrases[place].group if place is not None else None
        if place is not None and group is not None and group.is_counted and is_known_person(group, scene):
            yield place


def _meant(head: Token, scene: Scene) -> Token:
    """Return the noun that a word stands for; "who" right behind a person stands for that person."""
    before = head.nbor(-1) if head.i else head
    if head.lower_ in {"he", "she"} and any(child.lower_ == "where" for child in head.head.children):
        return next((doer for verb in head.head.ancestors for doer in children(verb, _SUBJECTS)), head)
    if head.lower_ == "who" and (before.lower_ in scene.words.people or is_aged(before)):
        return before
    meant = antecedent(head)
    if head.lower_ != "who" or meant == head or is_person(meant, scene):
        return meant
    if before.tag_ == "NNP":
        return before
    people = [phrase.group for phrase in scene.phrases if phrase.end <= head.i]
    return next((scene.doc[group.head] for group in reversed(people) if is_known_person(group, scene)), meant)


def _inner(head: Token, phrase: Phrase, scene: Scene) -> Phrase | None:
    """Return the end of a phrase that a head behind "of" begins: the teen of "the family of a teen"."""
    if phrase.form == "number" or head.i <= phrase.group.head:
        return None
    opening = next((word.i for word in scene.doc[phrase.start : head.i] if word.lower_ == "of"), None)
    return None if opening is None else phrase_between(opening + 1, phrase.end, "", scene)


def phrase_at(index: int, scene: Scene) -> int | None:
    """Return the number of the phrase that holds a token."""
    return next((i for i, phrase in enumerate(scene.phrases) if phrase.start <= index < phrase.end), None)


def _before_aside(token: Token, scene: Scene) -> Token:
    """Return the word that a source at the end was parsed into one noun with: "killed a clerk - Norvania Post"."""
    index = token.i
    while index > 0 and index in scene.aside:
        index -= 1
    return scene.doc[index]


def _listed(place: int, trigger: Token, scene: Scene) -> Iterator[int]:
    """Yield the phrases in one list of people by number: before a trigger to both sides, behind it to the right."""
    yield place
    yield from _rightwards(place, trigger, scene)
    if scene.phrases[place].start < trigger.i:
        yield from _leftwards(place, scene)


def _rightwards(place: int, trigger: Token, scene: Scene) -> Iterator[int]:
    last = place
    for right in range(place + 1, len(scene.phrases)):
        phrase = scene.phrases[right]
        if not phrase.link and _is_place(scene.phrases[right - 1], phrase, scene):
            continue
        is_direct = right == last + 1 or phrase.form == "number" or is_known_person(phrase.group, scene)
        is_far_item = right > last + 1 and phrase.link != "and"
        if not phrase.link or is_far_item or not is_direct or not _continues(phrase, trigger, scene):
            break
        last = right
        yield right


def _leftwards(place: int, scene: Scene) -> Iterator[int]:
    while place and scene.phrases[place].link:
        is_counted_off = scene.doc[scene.phrases[place].group.head].lower_ == "others"  # "goalkeeper, 8 others hurt"
        place -= 1
        phrase = scene.phrases[place]
        if _is_embedded(phrase, scene) or not (is_counted_off or _is_of_people(phrase, scene)):
            break
        if phrase.form == "name" and _is_where_or_when(scene.doc[phrase.group.head]):
            break
        yield place


def _is_where_or_when(name: Token) -> bool:
    """Tell whether a name says where or when: "ran aground off Lorn, no one was hurt"."""
    return name.dep_ == "pobj" and name.head.lower_ in _WHERE_OR_WHEN


def _is_place(before: Phrase, phrase: Phrase, scene: Scene) -> bool:
    """Tell whether a phrase only says where or whose the one before it is: "53 people on board and one outside"."""
    between = scene.doc[before.end : phrase.start]
    return phrase.form != "number" and len(between) == 1 and between[0].lower_ in _PLACING


def _continues(phrase: Phrase, trigger: Token, scene: Scene) -> bool:
    """Tell whether a phrase goes on with a list and does not begin a clause of its own."""
    follows = scene.doc[phrase.end] if phrase.end < len(scene.doc) else None
    is_deed = follows is not None and follows.lower_ in scene.words.triggers and follows.tag_ in {"VBN", "VBD"}
    is_clause = phrase.start > trigger.i and follows is not None and (follows.tag_ in _FINITE or is_deed)
    # "The blast that hurt a boy and two others has shaken the town."
    is_of_other = follows is not None and follows.tag_ == "VBZ" and phrase.end - phrase.start > 1
    is_of_other = is_of_other and (phrase.group.low or 0) > 1
    if is_clause and not is_of_other:
        return False
    # Whatever an article names between people and the verb that they are subject of was hit with them.
    is_subject = phrase.end <= trigger.i and phrase.form in {"article", "owned"}
    is_named_with = is_subject and scene.doc[phrase.group.head].lower_ not in scene.words.things
    return is_named_with or _is_of_people(phrase, scene)


def _is_of_people(phrase: Phrase, scene: Scene) -> bool:
    head = scene.doc[phrase.group.head]
    if phrase.form == "number":
        return head.lower_ not in scene.words.things
    return may_be_person(head, scene) if phrase.form == "article" else is_person(head, scene)


def _is_embedded(phrase: Phrase, scene: Scene) -> bool:
    """Tell whether a phrase hangs on a preposition: the place of "in Port Selim, three men were killed"."""
    before = scene.doc[max(phrase.start - 1, 0)]
    return phrase.start > 0 and before.pos_ == "ADP" and before.lower_ not in {"after", "before", "since"}


def _conjuncts(head: Token, scene: Scene) -> Iterator[int]:
    """Yield the phrases that the parse coordinates with a noun: "two men from Estmark and a boy"."""
    for other in _joined(head):
        place = phrase_at(other.i, scene)
        between = head.doc[head.i + 1 : other.i]
        is_other_deed = any(word.lower_ in scene.words.triggers and word.tag_.startswith("V") for word in between)
        if (
            other.i > head.i
            and not is_other_deed
            and place is not None
            and other.i not in scene.aside
            and is_person(other, scene)
        ):
            yield place


def _joined(head: Token) -> tuple[Token, ...]:
    """Return what is coordinated with a noun by "and": no apposition, no alternative."""
    others = head.conjuncts
    links = {token.lower_ for token in head.doc[head.i : others[-1].i]} if others else set()
    return others if links & {"and", "&", "as"} and "or" not in links else ()


def together(trigger: Token, scene: Scene) -> tuple[Group, ...]:
    """Count who stands behind "along with" and "died with his", unless a verb of its own stands between."""
    doc = scene.doc
    for token in doc[trigger.i + 1 :]:
        if match := _TOGETHER.match(scene.text, token.idx):
            start = next((word.i for word in doc if word.idx >= match.end()), len(doc))
            return count_from(start, trigger, scene)
        if token.lower_ == "with" and token.i + 1 < len(doc) and token.nbor(1).lower_ in {"his", "her", "their"}:
            found = count_from(token.i + 1, trigger, scene)
            return found if all(is_known_person(group, scene) for group in found) else ()
        if token.tag_ in _VERBS or token.text == ";":
            break
    return ()


def left_out(trigger: Token, scene: Scene) -> tuple[Group, ...]:
    """Count who comes behind a verb that is not said again: "26 men have been killed and more than 155 women"."""
    found: list[Group] = []
    for phrase in scene.phrases:
        head = scene.doc[phrase.group.head]
        is_another = head.lower_ in scene.words.ordinals and scene.doc[phrase.start].lower_ in {"a", "the"}
        is_another = is_another or head.lower_ in _REFLEXIVE
        is_people = is_known_person(phrase.group, scene) or (names_many(head) and head.text[0].isupper())
        if phrase.start <= trigger.i or not (is_another or (phrase.form == "number" and is_people)):
            continue
        before = [word for word in scene.doc[trigger.i + 1 : phrase.start] if word.idx < phrase.group.start]
        if any(word.text == ":" for word in before):  # "eight people were killed: six men and two women"
            continue
        behind = scene.doc[phrase.end : phrase.end + _LOOK_AHEAD]
        is_joined = bool(before) and before[-1].lower_ in _JOINTS | {"then"}
        is_in_hospital = trigger.lemma_ not in _DYING and not _IN_CARE.isdisjoint(word.lower_ for word in behind)
        if is_joined and not is_in_hospital and not any(_is_deed(word, scene) for word in (*before, *behind)):
            found.append(phrase.group)
    return tuple(found)


def _is_deed(word: Token, scene: Scene) -> bool:
    if word.lower_ in scene.words.triggers:
        return True
    return word.pos_ in {"VERB", "AUX"} and not (word.tag_ == "VBG" and word.dep_ == "acl")


def count_from(start: int, trigger: Token, scene: Scene) -> tuple[Group, ...]:
    """Count the list of people that begins at a token."""
    place = phrase_at(start, scene)
    if place is None:  # at the "over" of "over a million others"
        at = scene.doc[start].idx if start < len(scene.doc) else -1
        place = next((i for i, phrase in enumerate(scene.phrases) if phrase.group.start == at), None)
    if place is None or not _is_of_people(scene.phrases[place], scene):
        return ()
    return count_list([scene.phrases[i] for i in _listed(place, trigger, scene) if i >= place], scene)


def count_before(trigger: Token, scene: Scene) -> tuple[Group, ...]:
    """Read "two men and a child were killed" off the words before the trigger, whatever the parse says."""
    place = phrase_at(_step_over(trigger, scene), scene)
    if place is not None and (inner := _behind_of(scene.phrases[place], trigger, scene)) is not None:
        return (inner.group,)
    if place is None or not _is_of_people(scene.phrases[place], scene) or scene.phrases[place].end > trigger.i:
        return ()
    if place and _is_part_of(scene.phrases[place - 1], scene.phrases[place], scene):
        place -= 1
    places = sorted(i for i in _listed(place, trigger, scene) if i <= place)
    groups = count_list([scene.phrases[i] for i in places], scene)
    is_known = bool(groups) and (scene.phrases[place].form != "one" or is_known_person(groups[-1], scene))
    return groups if is_known and groups[-1].is_counted else ()


def _behind_of(phrase: Phrase, trigger: Token, scene: Scene) -> Phrase | None:
    """Return the person at the end of a phrase for something else: "the case of a teen shot at home"."""
    opening = next((word.i for word in scene.doc[phrase.start : phrase.end] if word.lower_ == "of"), None)
    if opening is None or phrase.form == "number" or phrase.end > trigger.i or _is_of_people(phrase, scene):
        return None
    inner = phrase_between(opening + 1, phrase.end, "", scene)
    return inner if is_known_person(inner.group, scene) and inner.group.is_counted else None


def count_far_before(trigger: Token, scene: Scene) -> tuple[Group, ...]:
    """Count the nearest people before a participle that has none: "two children recovering after being shot"."""
    for place in range(len(scene.phrases) - 1, -1, -1):
        phrase = scene.phrases[place]
        is_near = phrase.end <= trigger.i and not _is_embedded(phrase, scene)
        if is_near and phrase.group.is_counted and is_known_person(phrase.group, scene):
            return count_list([scene.phrases[i] for i in sorted(_listed(place, trigger, scene)) if i <= place], scene)
    return ()


def is_known_person(group: Group, scene: Scene) -> bool:
    """Tell whether a word for people names a group."""
    head = scene.doc[group.head]
    return head.lower_ in scene.words.people or head.lower_ in scene.words.ordinals or is_aged(head)


def _is_part_of(part: Phrase, whole: Phrase, scene: Scene) -> bool:
    """Tell whether two phrases are one: "two of the 40 passengers", "a mother of three"."""
    between = {token.lower_ for token in scene.doc[part.end : whole.start] if not token.is_space}
    is_one = part.form in {"one", "article", "owned"} and is_known_person(part.group, scene) and whole.form == "number"
    return (part.form == "number" or is_one) and "of" in between and between <= {"of", "the", "its", "their"}


def _step_over(trigger: Token, scene: Scene) -> int:
    """Return the index of the last word of the phrase before "were shot and" or "critically"."""
    index = trigger.i - 1
    while index >= 0:
        if _is_behind_name(scene.doc[index], scene):
            index -= 1
            continue
        token = scene.doc[index]
        is_link = token.lower_ in scene.words.skipped or token.pos_ in _SKIPPED_POS or index in scene.aside
        before = scene.doc[max(index - 1, 0)]
        is_shared = token.lower_ in _JOINTS and (_is_participle(before, scene) or before.i in scene.aside)
        is_verb = _is_participle(token, scene) and index + 1 < trigger.i and scene.doc[index + 1].lower_ in _JOINTS
        if not (is_link or is_shared or is_verb) or index in scene.numbers:
            break
        index -= 1
    return index


def _is_behind_name(comma: Token, scene: Scene) -> bool:
    """Tell whether a comma parts a name from its verb: "15-year-old Ada Roth, was shot"."""
    place = phrase_at(comma.i - 1, scene)
    is_named = place is not None and scene.phrases[place].form in {"name", "one"}
    is_named = is_named and scene.doc[comma.i - 1].tag_ == "NNP"
    return is_named and comma.text == "," and scene.doc[comma.i + 1].lower_ in _PASSIVE


def _is_participle(token: Token, scene: Scene) -> bool:
    return token.tag_ in {"VBN", "VBD"} or token.lower_ in scene.words.triggers


def count_after(trigger: Token, scene: Scene) -> tuple[Group, ...]:
    """Read the numbers of "killing at least five men and a boy" off the words behind the trigger."""
    ahead = range(trigger.i + 1, trigger.i + 1 + _LOOK_AHEAD)
    phrase = next((phrase for phrase in scene.phrases if phrase.start in ahead), None)
    if phrase is None:
        return ()
    between = (word for word in scene.doc[trigger.i + 1 : phrase.start] if word.idx < phrase.group.start)
    return count_from(phrase.start, trigger, scene) if all(word.pos_ in _AHEAD_POS for word in between) else ()


def stated_at(index: int, scene: Scene) -> Group | None:
    """Return the group that the numeral at a token counts, also one that is set aside."""
    number = scene.numbers.get(index) or scene.asides.get(index)
    if number is None:
        return None
    token = scene.doc[index]
    return Group(
        number.core, index, number.low, number.high, True, number.start, max(number.end, token.idx + len(token))
    )


def out_of_them(heads: Sequence[Token], scene: Scene) -> tuple[Group, ...]:
    """Count the "one of them" among the words that the parse puts beside a trigger."""
    stated = (stated_at(head.i, scene) for head in heads)
    return tuple(group for group in stated if group is not None and is_out_of_them(group, scene.text))[:1]


def count(head: Token, scene: Scene) -> Group:
    """Count whom one word names by itself."""
    if group := stated_at(head.i, scene):
        return group
    number = scene.words.sets.get(head.lower_) or (1 if _is_single(head, scene) else None)
    return Group(head.idx, head.i, number, number, False, head.idx, head.idx + len(head))


def _is_single(head: Token, scene: Scene) -> bool:
    if head.lower_ in scene.words.singular or is_aged(head) or is_another(head, scene):
        return True
    return head.tag_ in {"NN", "NNP"} and head.lower_ not in scene.words.collective
