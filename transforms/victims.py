"""Find who a casualty trigger speaks of, and how many they are."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from transforms.numbers import Number, find_numbers

Words = frozenset[str]

_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_PERSON_POS = frozenset({"NOUN", "PROPN", "NUM", "PRON", "ADJ", "INTJ"})
_PHRASE_POS = frozenset({"NOUN", "PROPN", "ADJ", "NUM", "DET", "PRON", "INTJ", "SPACE"})
_SKIPPED_POS = frozenset({"AUX", "ADV", "SPACE"})
_RELATIVES = frozenset({"who", "which", "that", "whom"})
_JOINTS = frozenset({",", "and", "&"})
_CLOSED_BY = frozenset({"VBD", "VBZ", "VBP", "VBG", "VBN", "MD"})
_DATELINE = re.compile(r"[A-Z][A-Z .,/'-]{3,}[^-–—]{0,60}?(?:--|[-–—])\s")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_PARTS = re.compile(r",?\s*(?:\bincluding|\bincludes|\bamong (?:them|whom)|\bidentified as|\bsuch as)\b", re.IGNORECASE)
_OF_THEM = re.compile(r"\s+of (?:them|whom|those|which)\b", re.IGNORECASE)
_PERSONS_SUFFIX = re.compile(r"(?:ers|ors|ists|ians|ees)$")
_PERSON_SUFFIX = re.compile(r"(?:er|or|ist|ian|man|woman|ee|ant|cleric|chief)$")
_AGE = re.compile(r",\s\d{1,2},(?!\d)")
_SOURCE = re.compile(r"\s(?:[-–|]|::)\s(?:[^-–|:]|\b-\b){2,70}$")
_ARTICLES = frozenset({"a", "an", "another"})
_LOOK_BACK = 9  # tokens between a trigger and the number that it goes with
_MOST_PEOPLE = 100_000_000  # no event of the news hit more; also keeps sums within the tables' 32 bits
_LOOK_AHEAD = 5


@dataclass(frozen=True, slots=True)
class CountWords:
    """The words that counting goes by; ``rules/casualties.toml`` says what each list holds."""

    partitives: Words
    pairs: Words
    singular: Words
    collective: Words
    people: Words
    skipped: Words
    triggers: Words


@dataclass(frozen=True, slots=True)
class Scene:
    """A sentence prepared for counting: its numbers by token, and the tokens that only say more about others.

    ``aside`` holds the dateline, what stands in brackets, and what comes after "including" and "identified as".
    """

    doc: Doc
    numbers: Mapping[int, Number]
    asides: Mapping[int, Number]
    aside: frozenset[int]
    words: CountWords


@dataclass(frozen=True, slots=True)
class Group:
    """Some people as the text counts them.

    ``key`` tells groups apart: where the number starts, else where the naming word does. ``stated`` is true for a
    number in the text. ``start`` and ``end`` count characters.
    """

    key: int
    head: int
    low: int | None
    high: int | None
    stated: bool
    start: int
    end: int


def read_scene(doc: Doc, words: CountWords) -> Scene:
    """Find the numbers of a sentence and set aside those that count part of what another one counts."""
    aside = frozenset(_aside(doc))
    numbers: dict[int, Number] = {}
    asides: dict[int, Number] = {}
    for number in find_numbers(doc.text):
        span = doc.char_span(number.core, number.end, alignment_mode="expand")
        if span is not None and max(number.low or 0, number.high or 0) <= _MOST_PEOPLE:
            is_part = span.start in aside or _OF_THEM.match(doc.text, number.end) is not None
            (asides if is_part else numbers).update((token.i, number) for token in span)
    if not numbers and asides:
        numbers = {i: number for i, number in asides.items() if _OF_THEM.match(doc.text, number.end)}
    return Scene(doc, numbers, asides, aside, words)


def _aside(doc: Doc) -> Iterator[int]:
    for pattern in (_BRACKETS, _AGE):
        for match in pattern.finditer(doc.text):
            yield from _within(doc, *match.span())
    for found in (_DATELINE.match(doc.text), _SOURCE.search(doc.text)):
        places = list(_within(doc, *found.span())) if found else []
        if not any(doc[i].tag_.startswith("V") for i in places):
            yield from places
    for match in _PARTS.finditer(doc.text):
        yield from _part(doc, match.start(), match.end())


def _within(doc: Doc, start: int, end: int) -> Iterator[int]:
    return (token.i for token in doc if start <= token.idx < end)


def _part(doc: Doc, start: int, end: int) -> Iterator[int]:
    """Yield the tokens from a word like "including" to the comma or verb that ends what it lists."""
    is_list = doc.text[start:end].endswith("as")
    for token in doc:
        if token.idx + len(token) <= start:
            continue
        if token.idx >= end and (
            token.tag_ in _CLOSED_BY or (token.text == "," and not is_list and _is_closing(token))
        ):
            return
        yield token.i


def _is_closing(comma: Token) -> bool:
    """Tell whether a comma ends a list: no number or article follows."""
    following = comma.nbor(1) if comma.i + 1 < len(comma.doc) else comma
    return not (following.like_num or following.lower_ in {"a", "an"})


# --- where the people stand


def children(token: Token, deps: Iterable[str]) -> list[Token]:
    """Return the children of a token with one of these relations."""
    return [child for child in token.children if child.dep_ in deps]


def objects(token: Token) -> list[Token]:
    """Return whom a verb like "kill" is done to, in the active, the passive, as a participle or coordinated."""
    if found := children(token, {"nsubjpass"}) or children(token, {"dobj"}):
        return found
    if token.tag_ == "VBG" and (found := belonging(token)):
        return found
    is_participle = token.tag_ in {"VBN", "VBD"}
    if token.dep_ in {"acl", "relcl"} and (is_participle or token.dep_ == "relcl"):
        return [token.head]
    if token.dep_ == "amod" and token.head.i > token.i:
        return [token.head]
    shared = [child for child in token.children if child.dep_ == "conj" and child.pos_ == "VERB"]
    if shared and (found := children(shared[0], {"dobj"})):
        return found
    if is_participle and (found := children(token, {"nsubj"})):
        return found
    if token.dep_ == "conj" and is_participle and token.head != token:
        is_passive = bool(children(token, {"auxpass"}))
        return (children(token.head, _SUBJECTS) if is_passive else []) or objects(token.head)
    if token.dep_ == "pcomp" and children(token, {"auxpass"}):
        return children(token.head.head, _SUBJECTS)
    if token.dep_ in {"xcomp", "oprd", "ccomp", "acomp"}:
        above = [token.head.head] if token.head.dep_ == "acl" else []
        return children(token.head, {"dobj", "nsubjpass"}) or above
    return children(token, {"acomp", "oprd"})


def subjects(token: Token) -> list[Token]:
    """Return who does what a verb like "die" says."""
    if found := children(token, _SUBJECTS):
        return found
    if token.dep_ in {"acl", "relcl", "amod"}:
        return [token.head]
    if token.dep_ in {"conj", "xcomp", "advcl", "pcomp"} and token.head != token:
        verb = token.head.head if token.head.dep_ == "prep" else token.head
        return children(verb, _SUBJECTS)
    return []


def described(token: Token) -> list[Token]:
    """Return of whom a word like "dead" is said."""
    if found := children(token, {"nsubj"}):
        return found
    if token.dep_ in {"amod", "acl", "relcl"}:
        return [token.head]
    if token.dep_ in {"oprd", "acomp", "xcomp", "ccomp", "advcl", "conj", "advmod", "attr"}:
        return children(token.head, {"dobj", "nsubjpass"}) or children(token.head, {"nsubj"})
    return []


def lost(token: Token) -> list[Token]:
    """Return whom somebody lost or hit: the object, never the subject."""
    return children(token, {"dobj", "nsubjpass"})


def belonging(token: Token) -> list[Token]:
    """Return who hangs on a noun: the killing of X, X's death."""
    for child in token.children:
        if child.dep_ == "prep" and child.lower_ == "of":
            return children(child, {"pobj"})
    return children(token, {"poss"})


def antecedent(token: Token) -> Token:
    """Return the noun that a relative pronoun stands for."""
    verb = token.head
    while verb.dep_ in {"conj", "auxpass", "xcomp"} and verb.head != verb:
        verb = verb.head
    return verb.head if token.lower_ in _RELATIVES and verb.dep_ == "relcl" else token


def with_conjuncts(trigger: Token, heads: Sequence[Token], scene: Scene) -> Iterator[Token]:
    """Yield a head and the people coordinated with it; "and damage to a building" is left out."""
    shown = [head for head in map(antecedent, heads) if head.i not in scene.aside]
    if heads and not shown:
        shown = [head for head in (_before_aside(heads[-1], scene),) if head.lower_ in scene.words.people]
    for head in shown[-1:]:
        yield head
        for other in (*_joined(head), *_together(trigger)):
            if other.i > head.i and other.i not in scene.aside and is_person(other, scene):
                yield other


def _before_aside(token: Token, scene: Scene) -> Token:
    """Return the word that a source at the end was parsed into one noun with: "killed a clerk - Norvania Post"."""
    index = token.i
    while index > 0 and index in scene.aside:
        index -= 1
    return scene.doc[index]


def _joined(head: Token) -> tuple[Token, ...]:
    """Return what is coordinated with a noun by "and": no apposition, no alternative."""
    others = head.conjuncts
    links = {token.lower_ for token in head.doc[head.i : others[-1].i]} if others else set()
    if len(others) == 1 and head.tag_ == "NN" and others[0].tag_ == "NNP" and others[0].left_edge.tag_ == "NN":
        return ()  # one person with two callings: "poet and singer Ada Voss"
    return others if links & {"and", "&", "as"} and "or" not in links else ()


def _together(verb: Token) -> Iterator[Token]:
    """Yield who stands behind "along with"."""
    for child in verb.children:
        if (
            child.dep_ == "prep"
            and child.lower_ == "with"
            and child.i
            and child.nbor(-1).lower_ in {"along", "together"}
        ):
            yield from children(child, {"pobj"})


def is_person(token: Token, scene: Scene) -> bool:
    """Tell whether a noun may name people: known words, names, and what has a number."""
    if token.pos_ not in _PERSON_POS:
        return False
    if token.lower_ in scene.words.people or token.pos_ == "PROPN" or token.i in scene.numbers or is_aged(token):
        return True
    return any(child.i in scene.numbers for child in token.children)


def _may_be_person(noun: Token, scene: Scene) -> bool:
    """Tell whether a noun behind an article may be a person: "an Egyptian", "a lecturer"."""
    return is_person(noun, scene) or noun.text[:1].isupper() or _PERSON_SUFFIX.search(noun.lower_) is not None


def names_many(noun: Token) -> bool:
    """Tell whether a plural may name people by its form: "Norvanians", "bakers"."""
    return noun.tag_ == "NNPS" or (noun.tag_ == "NNS" and _PERSONS_SUFFIX.search(noun.lower_) is not None)


def is_aged(token: Token) -> bool:
    """Tell whether a token is the "old" of "a 5-year-old"."""
    return token.lower_ in {"old", "olds"} and token.i > 0 and token.nbor(-1).text in {"-", "year", "month"}


# --- how many they are


def count_before(trigger: Token, scene: Scene) -> tuple[Group, ...]:
    """Read "two men and a child were killed" off the words before the trigger, whatever the parse says."""
    groups: list[Group] = []
    index = _step_over(trigger, scene)
    while index >= 0:
        group, index = _phrase(trigger, index, scene)
        if group is None:
            break
        groups.append(group)
        joint = index
        while joint >= 0 and (_is_joint(scene.doc[joint]) or joint in scene.aside):
            joint -= 1
        links = {token.lower_ for token in scene.doc[joint + 1 : index + 1]}
        is_listed = len(groups) > 1 or links & {"and", "&"}
        is_apposed = not group.stated and scene.doc[index + 1].lower_ in _ARTICLES and not is_listed
        if joint == index or is_apposed:
            break
        index = joint
    return tuple(reversed(groups))


def _is_joint(token: Token) -> bool:
    return token.lower_ in _JOINTS or token.is_space


def _step_over(trigger: Token, scene: Scene) -> int:
    """Return the index of the last word of the phrase before "were shot and" or "critically"."""
    index = trigger.i - 1
    while index >= 0:
        token = scene.doc[index]
        is_link = token.lower_ in scene.words.skipped or token.pos_ in _SKIPPED_POS or index in scene.aside
        before = scene.doc[max(index - 1, 0)]
        is_shared = token.lower_ in _JOINTS and (_is_participle(before, scene) or before.i in scene.aside)
        is_verb = _is_participle(token, scene) and index + 1 < trigger.i and scene.doc[index + 1].lower_ in _JOINTS
        if not (is_link or is_shared or is_verb) or index in scene.numbers:
            break
        index -= 1
    return index


def _is_participle(token: Token, scene: Scene) -> bool:
    return token.tag_ in {"VBN", "VBD"} or token.lower_ in scene.words.triggers


def _phrase(trigger: Token, last: int, scene: Scene) -> tuple[Group | None, int]:
    """Read one noun phrase backwards from its last word; return its group and the index before it."""
    index = last
    while index >= max(trigger.i - 4 * _LOOK_BACK, 0) and last - index < _LOOK_BACK:
        token = scene.doc[index]
        if number := scene.numbers.get(index):
            while index >= 0 and scene.doc[index].idx >= number.start:
                index -= 1
            return _stated(number, scene.doc[last]), index
        if token.lower_ in _ARTICLES and index < last and scene.doc[max(index - 1, 0)].lower_ != "of":
            if not _may_be_person(scene.doc[last], scene):
                break
            return _implied(scene.doc[last], 1), index - 1
        is_known = token.lower_ in {"of", "-"} or token.lower_ in scene.words.people
        is_inside = token.pos_ in _PHRASE_POS or is_known or index in scene.aside
        if not is_inside or token.lower_ in scene.words.triggers or (token.lower_ in _RELATIVES and index < last):
            break
        index -= 1
    head = scene.doc[last]
    is_named = head.tag_ in {"NN", "NNP", "UH"} and head.lower_ in scene.words.people - scene.words.collective
    return (_implied(head, 1), index) if (is_named or is_aged(head)) and index < last else (None, index)


def count_after(trigger: Token, scene: Scene) -> tuple[Group, ...]:
    """Read the numbers of "killing at least five men and a boy" off the words behind the trigger."""
    groups: list[Group] = []
    waiting: list[Group] = []  # people after a comma count once an "and" shows that they are listed
    index = _first_after(trigger, scene)
    joint = "and"
    while index < len(scene.doc):
        end = _phrase_end(index, scene)
        last = scene.doc[end - 1]
        if number := scene.numbers.get(index):
            groups += [*(waiting if joint == "and" else ()), _stated(number, last)]
        elif scene.doc[index].lower_ in _ARTICLES and (last.lower_ in scene.words.people or is_aged(last)):
            waiting.append(_implied(last, 1))
        else:
            break
        if joint == "and":
            groups += [group for group in waiting if group not in groups]
        index, joint = _next_phrase(end, scene)
        if not joint:
            break
    return tuple(groups)


def _first_after(trigger: Token, scene: Scene) -> int:
    """Return the index of the number or article that the object of a verb begins with."""
    for token in trigger.doc[trigger.i + 1 : trigger.i + 1 + _LOOK_AHEAD]:
        if token.i in scene.numbers or token.lower_ in _ARTICLES:
            return token.i
        if token.pos_ not in _PHRASE_POS and token.pos_ != "ADV" and token.lower_ not in {"at", "than", "up"}:
            break
    return len(scene.doc)


def _next_phrase(index: int, scene: Scene) -> tuple[int, str]:
    """Step over a comma or "and"; return where the next phrase starts and what joins it, "" at the end."""
    joint = ""
    while index < len(scene.doc) and _is_joint(scene.doc[index]):
        joint = "and" if scene.doc[index].lower_ in {"and", "&"} else joint or ","
        index += 1
    return index, joint


def _phrase_end(index: int, scene: Scene) -> int:
    """Return the index behind the noun phrase that a numeral or an article begins."""
    number = scene.numbers.get(index)
    while index < len(scene.doc):
        token = scene.doc[index]
        is_same = number is not None and scene.numbers.get(index) is number
        is_phrase = token.pos_ in {"NOUN", "PROPN", "ADJ", "DET", "SPACE"} or token.lower_ in {"of", "-"}
        if not is_same and (not is_phrase or token.lower_ in scene.words.triggers):
            return index
        index += 1
    return index


def stated_at(index: int, scene: Scene) -> Group | None:
    """Return the group that the numeral at a token counts, also one that is set aside."""
    number = scene.numbers.get(index) or scene.asides.get(index)
    return _stated(number, scene.doc[index]) if number else None


def _stated(number: Number, head: Token) -> Group:
    end = max(number.end, head.idx + len(head))
    return Group(number.core, head.i, number.low, number.high, True, number.start, end)


def count(head: Token, scene: Scene) -> Group:
    """Count the people of one noun phrase, leaving out its conjuncts."""
    words = scene.words
    if number := _number_of(head, scene):
        return _stated(number, head)
    if head.lower_ in words.partitives or head.lower_ in words.collective:
        for child in head.children:
            if child.dep_ == "prep" and child.lower_ == "of":
                for inner in children(child, {"pobj"}):
                    return count(inner, scene)
    if head.lower_ in words.pairs or any(child.lower_ == "both" for child in head.children if not head.conjuncts):
        return _implied(head, 2)
    return _implied(head, 1 if _is_single(head, words) else None)


def _number_of(head: Token, scene: Scene) -> Number | None:
    """Return the number that stands in the noun phrase before its head, or is the head."""
    for token in reversed(head.doc[head.left_edge.i : head.i + 1]):
        number = scene.numbers.get(token.i)
        if number and (token == head or _hangs_on(token, head)):
            return number if number.high != 0 or token == head or head.lower_ in scene.words.people else None
    return None


def _hangs_on(token: Token, head: Token) -> bool:
    """Tell whether a numeral counts the head and not something inside a clause or phrase before it."""
    while token != head:
        if token.dep_ in {"pobj", "dobj", "nsubj", "relcl", "acl", "poss", "appos"} or token.head == token:
            return False
        token = token.head
    return True


def _implied(head: Token, number: int | None) -> Group:
    return Group(head.idx, head.i, number, number, False, head.idx, head.idx + len(head))


def _is_single(head: Token, words: CountWords) -> bool:
    if head.lower_ in words.singular or (head.lower_ == "old" and is_aged(head)):
        return True
    if any(child.lower_ in _ARTICLES for child in head.children):
        return head.lower_ not in words.collective
    if head.tag_ == "JJ" and head.lower_ in words.people - words.collective:
        return not head.lower_.endswith("s")
    is_plural_name = head.tag_ == "NNP" and head.i > 0 and _PERSONS_SUFFIX.search(head.text) is not None
    return head.tag_ in {"NN", "NNP"} and head.lower_ not in words.collective and not is_plural_name
