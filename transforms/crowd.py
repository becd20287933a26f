"""Read phrases for people and lists of them off the words of a sentence, and count whom they name."""

import re
from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Doc, Span, Token

from transforms.numbers import Number
from transforms.scene import CountWords, Form, Group, Phrase, Scene, prepare, shares_age

_PHRASE_POS = frozenset({"NOUN", "PROPN", "ADJ", "NUM", "DET", "INTJ", "SPACE"})
_OPENING_POS = frozenset({"DET", "ADJ", "PRON"})
_INNER = frozenset({"of", "-", "'s", "’s"})
_LEAVING = frozenset({"left", "leaves", "leaving"})
_HEAD_POS = frozenset({"NOUN", "PROPN", "ADJ"})
_ARTICLES = frozenset({"a", "an", "another"})
_OWNERS = frozenset({"his", "her", "their", "my", "our", "its"})
_QUANTITIES = frozenset({"several", "multiple", "many"})
_STATES = frozenset({"suffering", "bleeding", "recovering"})  # parsed as nouns behind "a 17-year-old"
_PLURAL_VERBS = frozenset({"were", "are", "have"})
_SINGULAR_VERBS = frozenset({"was", "is", "has"})
_NO_ATTRIBUTES = frozenset({"hurt", "shot", "killed", "stabbed"})  # "3 Hurt Estmark Shooting" counts no shooting
_QUOTES = frozenset("\"“”‘’'")
_PLURAL = ("s", "men", "children", "people")
_VERB_NEAR = 10  # tokens from a subject to its verb
_PERSONS_SUFFIX = re.compile(r"(?:ers|ors|ists|ians|ees)$")
_PERSON_SUFFIX = re.compile(r"(?:er|or|ist|ian|man|woman|ee|ant|cleric|chief)$")
_LINKS = re.compile(
    r"(?:,|;)?(?: ?(?:and|&|as well as|along with|together with|alongside|plus))?(?: also)?", re.IGNORECASE
)


def read_scene(doc: Doc, words: CountWords) -> Scene:
    """Prepare a sentence for counting: its numbers, and its noun phrases with what joins them."""
    scene = prepare(doc, words)
    return replace(scene, phrases=read_phrases(scene))


def read_phrases(scene: Scene) -> tuple[Phrase, ...]:
    """Return the noun phrases of a sentence in reading order."""
    phrases: list[Phrase] = []
    index = 0
    while index < len(scene.doc):
        end = _phrase_end(index, scene) if _may_open(scene.doc[index], scene) else index
        if end == index:
            index += 1
            continue
        link = _link(phrases[-1].end, index, scene) if phrases else ""
        phrases.append(phrase_between(index, end, link, scene))
        index = end
    return tuple(phrases)


def _may_open(token: Token, scene: Scene) -> bool:
    if token.i in scene.aside or token.is_space:
        return False
    return token.i in scene.numbers or token.lower_ in _OWNERS | scene.words.singular or _is_inside(token, scene)


def _is_inside(token: Token, scene: Scene) -> bool:
    """Tell whether a word may stand in a phrase for people."""
    if token.i in scene.aside or token.tag_.startswith("W") or token.text in _LEAVING:
        return False
    is_above = token.head.i > token.i and token.head.pos_ in _HEAD_POS
    is_modifier = token.dep_ in {"amod", "compound"} and is_above
    if token.lower_ in scene.words.triggers:
        if token.lower_ in _NO_ATTRIBUTES and token.i - 1 in scene.numbers:
            return False
        is_noun_behind = is_modifier and token.tag_ not in {"NNS", "VBZ"} and token.nbor(1).i not in scene.numbers
        return is_noun_behind and _is_inside(token.nbor(1), scene)
    is_known = token.lower_ in scene.words.people and token.pos_ != "VERB"
    return token.pos_ in _PHRASE_POS or is_known or (is_modifier and token.tag_ in {"VBN", "VBG", "VBD"})


def _phrase_end(start: int, scene: Scene) -> int:
    """Return the index behind the phrase that begins at a token; the index itself when there is none."""
    own, index = scene.numbers.get(start), start
    while index < len(scene.doc):
        number = scene.numbers.get(index)
        if number is None and own is None and (bound := _bounding(index, scene)):
            number = bound if scene.doc[max(index - 1, start)].lower_ == "of" else None
        if number is not None and number is not own:
            if own is not None or not _may_hold_number(start, index, scene):
                break
            own = number
        elif number is None and not _goes_on(index, start, scene):
            break
        index += 1
    while index > start and index - 1 not in scene.numbers and _is_loose(scene.doc[index - 1], scene):
        index -= 1
    return index


def _bounding(index: int, scene: Scene) -> Number | None:
    """Return the number that a word like the "at least" of "the lives of at least six men" belongs to."""
    place = scene.doc[index].idx
    return next((number for number in scene.numbers.values() if number.start <= place < number.core), None)


def _is_loose(token: Token, scene: Scene) -> bool:
    """Tell whether a word cannot end a phrase."""
    if token.lower_ in scene.words.people:
        return False
    return token.lower_ in _INNER or token.pos_ in {"DET", "SPACE"} or token.i in scene.aside


def _may_hold_number(start: int, index: int, scene: Scene) -> bool:
    """Tell whether a number goes with the words before it: "the other 47 people", "a family of four"."""
    before = scene.doc[start:index]
    if all(token.pos_ in _OPENING_POS for token in before):
        return True
    is_held = before[-1].lower_ == "of" and before[-2:][0].lower_ in scene.words.partitives | scene.words.collective
    return is_held and before[0].i not in scene.numbers


def _goes_on(index: int, start: int, scene: Scene) -> bool:
    token = scene.doc[index]
    if index > start and (token.nbor(-1).tag_ == "PRP" or token.lower_ in _STATES):
        return False
    if index > start and token.lower_ in _QUANTITIES and token.nbor(-1).tag_.startswith("NN"):
        return False  # "shot Ada Roth several times"
    if index > start and token.lower_ in _ARTICLES and token.nbor(-1).lower_ not in {"of", "such"}:
        return False
    if index > start and is_aged(token.nbor(-1)) and not _may_follow_age(token, scene):
        return False
    if token.i in scene.aside:  # "three Frontier Corps (FC) guards"
        return index > start and token.text != "," and (token.text != "(" or _is_inside(_behind(token, scene), scene))
    if index > start and token.text in _QUOTES and index + 1 < len(scene.doc):  # two "thieves"
        return index - 1 in scene.numbers and _is_inside(token.nbor(1), scene)
    is_inner = token.lower_ in _OWNERS or (index > start and token.lower_ in _INNER)
    return is_inner or _is_inside(token, scene)


def _may_follow_age(token: Token, scene: Scene) -> bool:
    """Tell whether a word belongs to "3-year-old": a person, a name or an adjective, not "recovering" or "dies"."""
    return token.lower_ in scene.words.people or token.pos_ in {"PROPN", "ADJ"} or token.dep_ == "compound"


def _behind(token: Token, scene: Scene) -> Token:
    """Return the first word behind what is set aside."""
    while token.i in scene.aside and token.i + 1 < len(scene.doc):
        token = token.nbor(1)
    return token


def _link(end: int, start: int, scene: Scene) -> str:
    """Return what joins two phrases: "and" for all that adds people, "," alone, "" for anything else."""
    words = [token.text for token in scene.doc[end:start] if token.i not in scene.aside and not token.is_space]
    between = " ".join(words).replace(" ,", ",")
    if not between or not _LINKS.fullmatch(between):
        return ""
    return "," if between in {",", ";"} else "and"


def phrase_between(start: int, end: int, link: str, scene: Scene) -> Phrase:
    """Count the people of the phrase from one token to before another."""
    head = _head(start, end, scene)
    form, low, high, number = _count(start, end, head, scene)
    if number is not None:
        close = max(number.end, head.idx + len(head))
        group = Group(number.core, head.i, low, high, True, min(number.start, scene.doc[start].idx), close)
    else:
        group = Group(head.idx, head.i, low, high, False, scene.doc[start].idx, head.idx + len(head))
    return Phrase(start, end, form, group, link)


def _head(start: int, end: int, scene: Scene) -> Token:
    """Return the noun that a phrase is about: before "of", and of "their son Jan" the son."""
    tokens = [token for token in scene.doc[start:end] if not token.is_space and token.i not in scene.aside]
    for place, token in enumerate(tokens):
        if token.lower_ == "of" and place:
            tokens = tokens[:place]
            break
    known = [
        token for token in tokens if token.lower_ in scene.words.people and token.tag_ not in {"NNP", "NNPS", "PRP$"}
    ]
    if tokens[-1].tag_ == "NNP" and known:
        return known[-1]
    return tokens[-1]


def _count(start: int, end: int, head: Token, scene: Scene) -> tuple[Form, int | None, int | None, Number | None]:
    words = scene.words
    number = next((scene.numbers[i] for i in range(start, end) if i in scene.numbers), None)
    if number is not None:
        return "number", number.low, number.high, number
    if (many := _set_of(scene.doc[start : head.i + 1], words)) is not None:
        return "many", many, many, None
    form = _form(start, end, head, scene)
    if form == "many":
        ages = scene.ages.get(end)
        return form, ages, ages, None
    return form, 1, 1, None


def _set_of(phrase: Span, words: CountWords) -> int | None:
    """Return what a word like "both" or "trio" counts; "twin" does so in "twin brothers", not in "her twin sister"."""
    is_plural = phrase[-1].tag_ in {"NNS", "NNPS"}
    found = [token.lower_ for token in phrase if token.lower_ in words.sets and (is_plural or token == phrase[-1])]
    return words.sets[found[0]] if found else None


def _form(start: int, end: int, head: Token, scene: Scene) -> Form:
    words = scene.words
    opening, last = scene.doc[start].lower_, scene.doc[end - 1]
    is_known = head.lower_ in words.people
    if opening == "each":
        return "many"
    if head.lower_ in words.singular or head.lower_ in words.ordinals or is_aged(head):
        return "one"
    is_tail_name = last != head and last.tag_ == "NNP"
    if _is_surname_in_s(start, end, scene):
        return "name"
    if head.lower_ in words.collective or (names_many(head) and opening not in _ARTICLES):
        return "name" if is_tail_name and head.tag_ == "NNS" else "many"
    if opening in _ARTICLES:
        return "article"
    if head.tag_ == "NNS":  # "brothers Ivo" goes on with "and Jan Lenz"
        return "name" if is_tail_name else "many"
    is_surname = head.i > start and scene.doc[head.i - 1].tag_ == "NNP" and not is_aged(scene.doc[head.i - 1])
    is_titled = head.tag_ == "NNP" and last == head and not is_surname and not head.lower_.endswith(_PLURAL)
    if is_titled and (is_known or head.lower_ in words.generic):
        return "owned" if opening in _OWNERS else "one"  # "Mother, Son Shot"
    if head.tag_ == "NNPS" and is_surname and head.lower_ not in words.people and not names_many(head):
        return "name"
    if head.tag_ == "NNP" and (is_surname or _PERSONS_SUFFIX.search(head.text) is None):
        return "name"
    if opening in _OWNERS or any(token.lower_ in {"'s", "’s"} for token in scene.doc[start : head.i]):
        return "owned" if head.tag_ in {"NN", "NNP", "JJ"} else "many"
    if head.tag_ in {"NN", "JJ", "UH", "VB", "VBP"} and not (head.tag_ != "NN" and not is_known):
        return "one"
    return "many"


def _is_surname_in_s(start: int, end: int, scene: Scene) -> bool:
    """Tell whether a plural is a name: "Banks was shot"."""
    word = scene.doc[start]
    is_plural = end == start + 1 and word.tag_ in {"NNS", "NNPS"} and word.text.istitle()
    return is_plural and word.lower_ not in scene.words.people and _number_of_verb(end, scene.doc) == "one"


# --- lists


def count_list(listed: Sequence[Phrase], scene: Scene) -> tuple[Group, ...]:
    """Count each person of a list once: what stands behind a comma may only name the one before."""
    groups: list[Group] = []
    before: Phrase | None = None
    is_closed = any(phrase.link == "and" for phrase in listed[1:])
    for phrase in listed:
        if before is None or not _is_same(before, phrase, scene, is_closed=is_closed):
            groups.append(phrase.group)
            before = phrase
        elif before.form != "number":
            before = phrase if phrase.link == "," else before
    return tuple(groups[:1] if _is_told_apart(groups, scene) else groups)


def _is_told_apart(groups: Sequence[Group], scene: Scene) -> bool:
    """Tell whether a list says the ages of those whom it counts first: "two men, a 20-year-old and a 22-year-old"."""
    first, rest = groups[:1], groups[1:]
    is_all = bool(first) and first[0].stated and first[0].low == len(rest) > 1
    return is_all and all("-old" in scene.text[group.start : group.end].lower() for group in rest)


def _is_same(before: Phrase, phrase: Phrase, scene: Scene, *, is_closed: bool) -> bool:
    """Tell whether a phrase names again whom the phrase before it counts."""
    if phrase.form == "number":
        return False
    single = {"article", "owned", "one"}
    if before.form in {"number", "many"} and (before.group.high or 2) > 1 and phrase.form == "name":
        return True
    is_named = scene.doc[phrase.end - 1].tag_ == "NNP" and phrase.end - 1 > phrase.group.head
    if before.form == "name" and phrase.form == "owned" and is_named:  # "Ivo Lenz, his wife Ada"
        return False
    if before.form == "owned" and phrase.link == "," and _is_bare_age(phrase, scene):
        return True
    if phrase.link == "and":
        return _is_role(phrase, scene) and _is_described_on(before, phrase, scene)
    if (before.form in single and phrase.form == "name") or (before.form == "name" and phrase.form in single):
        return True
    is_definite = phrase.form == "one" and scene.doc[phrase.start].lower_ == "the" and before.form in single
    is_owner = phrase.form == "one" and scene.doc[phrase.end : phrase.end + 1].text == "of" and before.form in single
    return is_definite or is_owner or (not is_closed and phrase.form in {"article", "name"})


def _is_bare_age(phrase: Phrase, scene: Scene) -> bool:
    """Tell whether a phrase only says how old somebody is: "the boy's father, a 39-year-old, and a man"."""
    return is_aged(scene.doc[phrase.end - 1]) and scene.doc[phrase.end : phrase.end + 1].text == ","


def _is_role(phrase: Phrase, scene: Scene) -> bool:
    """Tell whether a phrase begins with a bare noun, with or without a name behind it: "columnist Jan Rovik"."""
    nouns = [token for token in scene.doc[phrase.start : phrase.end] if token.tag_ in {"NN", "NNP"}]
    is_bare = scene.doc[phrase.start].tag_ in {"NN", "NNP", "JJ", "VBN"} and bool(nouns)
    is_bare = is_bare and (nouns[0].tag_ == "NN" or any(word.lower_ in scene.words.people for word in nouns[:2]))
    return is_bare and (phrase.form in {"one", "name"} or phrase.group.high == 1)


def _is_described_on(before: Phrase, phrase: Phrase, scene: Scene) -> bool:
    """Tell whether a role behind "and" is one more of the same person: "a nurse and mother", "poet and singer Ada"."""
    verb = _number_of_verb(phrase.end, scene.doc)
    if verb == "many" or scene.doc[max(before.start - 1, 0)].lower_ in _PLURAL_VERBS:
        return False
    if before.form == "owned" and _are_kin(before, phrase, scene):
        return False
    if before.form in {"article", "owned"} and phrase.form == "one":
        return True
    if before.start and scene.doc[before.start - 1].text == "," and phrase.form == "one":  # "Ada, a poet and singer"
        return _is_behind_name(before, scene)
    heads = {scene.doc[before.group.head].lower_, *(token.lower_ for token in scene.doc[phrase.start : phrase.end])}
    last = scene.doc[phrase.end - 1]
    is_titled = last.tag_ == "NNP" and last.lower_ not in scene.words.people and heads.isdisjoint(scene.words.generic)
    return before.form == "one" and (verb == "one" or is_titled)


def _are_kin(before: Phrase, phrase: Phrase, scene: Scene) -> bool:
    """Tell whether two words are for two of somebody's kin: "my father and sister", not "the mother and aunt of"."""
    words = {scene.doc[place.group.head].lower_ for place in (before, phrase)}
    is_of_other = scene.doc[phrase.end : phrase.end + 1].text == "of"
    return len(words) == 2 and words <= scene.words.kin and not is_of_other


def _is_behind_name(phrase: Phrase, scene: Scene) -> bool:
    return phrase.start > 1 and scene.doc[phrase.start - 2].tag_ == "NNP"


def _number_of_verb(start: int, doc: Doc) -> str:
    """Return whether the next verb is for "one" or for "many", "" when it does not show it."""
    for token in doc[start : start + _VERB_NEAR]:
        if token.lower_ in _PLURAL_VERBS:
            return "many"
        if token.lower_ in _SINGULAR_VERBS:
            return "one"
        if token.tag_ in {"VBD", "VBN", "MD", "CC"} or token.text == ";":
            break
    return ""


# --- people


def is_person(token: Token, scene: Scene) -> bool:
    """Tell whether a noun may name people: known words, names, and what has a number."""
    if token.lower_ in scene.words.things or token.pos_ not in {"NOUN", "PROPN", "NUM", "PRON", "ADJ", "INTJ"}:
        return False
    words = scene.words
    known = (words.people, words.singular, words.ordinals, words.sets)
    if any(token.lower_ in group for group in known) or is_aged(token):
        return True
    if token.pos_ == "PROPN" or token.i in scene.numbers:
        return True
    return any(child.i in scene.numbers for child in token.children)


def may_be_person(noun: Token, scene: Scene) -> bool:
    """Tell whether a noun behind an article may be a person: "an Egyptian", "a lecturer"."""
    return is_person(noun, scene) or noun.text[:1].isupper() or _PERSON_SUFFIX.search(noun.lower_) is not None


def names_many(noun: Token) -> bool:
    """Tell whether a plural may name people by its form: "Norvanians", "bakers"."""
    is_surname = noun.i > 0 and noun.nbor(-1).tag_ == "NNP" and noun.nbor(-1).head == noun
    if noun.tag_ == "NNPS" and is_surname and _PERSONS_SUFFIX.search(noun.text) is None:
        return False  # "Ada Ramos"
    return noun.tag_ == "NNPS" or (noun.tag_ == "NNS" and _PERSONS_SUFFIX.search(noun.lower_) is not None)


def is_another(token: Token, scene: Scene) -> bool:
    """Tell whether a word is one more of those who were named: "a third was hurt", not "a third of them"."""
    opening = token.nbor(-1).lower_ if token.i else ""
    following = token.nbor(1).lower_ if token.i + 1 < len(token.doc) else ""
    return token.lower_ in scene.words.ordinals and opening in {"a", "another"} and following != "of"


def is_aged(token: Token) -> bool:
    """Tell whether a token is the "old" of "a 5-year-old", or the first age of "a 5- and a 7-year-old"."""
    if token.lower_ in {"old", "olds"}:
        return token.i > 0 and token.nbor(-1).text in {"-", "year", "month"}
    return (token.like_num or token.text.endswith("-")) and shares_age(token)
