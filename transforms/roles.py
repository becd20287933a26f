"""Who does what to whom: actor, target, speaker and the words of the content, from the parse and what stands before."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from spacy.tokens import Doc, Token

from transforms.match import Match, read_words
from transforms.rule_files import read_file

SUBJECTS = ("nsubj", "nsubjpass", "csubj")
OBJECTS = ("dobj", "dative", "nsubjpass")
CONTENT = ("xcomp", "ccomp", "dobj", "acl", "prep", "oprd", "advcl", "relcl", "pcomp", "attr")
CLAUSES = ("advcl", "ROOT", "ccomp", "relcl", "pcomp", "conj")
NAME_PARTS = ("compound", "amod", "nmod", "poss", "nummod", "quantmod", "case", "punct")
FIRST_PERSON = frozenset({"i", "we", "us", "me", "my", "our"})
PRONOUNS = FIRST_PERSON | frozenset(
    {"he", "she", "him", "her", "his", "it", "its", "they", "them", "their", "you", "your", "who", "which", "that"}
    | {"this", "these", "those", "what", "one", "there"}
)
PERSONS = frozenset({"he", "she", "him", "her", "his", "i", "me", "my"})
RELATIVES = frozenset({"who", "which", "that", "whom", "whose"})
LOOK_BACK = 3

_PART = r"(?:(?:[A-Z]\.)+|[A-Z][\w’'&-]*|al-\w+)"
_NAME = re.compile(rf"(?:[A-Z][a-z]{{1,3}}\. )?{_PART}(?: (?:of |de |al |bin |the (?=[A-Z]))?{_PART})*")
_QUOTES = re.compile(r"[“”\"]")


@dataclass(frozen=True, slots=True)
class Roles:
    """Names as a reader would give them; the texts are verbatim.

    ``is_sure`` tells that the actor is named beside a noun, as whose demand or offer it is, or is to be called.
    """

    actor: str | None = None
    is_sure: bool = False
    target: str | None = None
    speaker: str | None = None
    attribution_text: str | None = None
    content_text: str | None = None
    condition_text: str | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """Who says it: the head of the speaker's name and the words that attribute it, first to last."""

    speaker: Token
    first: Token
    last: Token


def find_roles(match: Match, text: str, before: Sequence[str] = ()) -> Roles:
    """Return the roles of one match; ``text`` is the sentence, ``before`` the sentences before it, nearest first."""
    doc = match.token.doc
    speech = find_speech(match.token)
    speaker = resolve(speech.speaker, before) if speech else None
    token = actor_of(match, speech)
    actor = resolve(token, before, speaker) if token is not None else None
    addressed = target_of(match, token)
    target = resolve(addressed, before, speaker) if addressed is not None else None
    clause = content_of(match)
    content = _slice(text, doc, clause) if clause else None
    return Roles(
        actor=actor or speaker or name_before(before) or first_name(doc),
        is_sure=token is not None and (is_owner_of(token, match.token) or token == to_be_told(match.token)),
        target=None if target == actor else target,
        speaker=speaker,
        attribution_text=_slice(text, doc, (speech.first, speech.last)) if speech else None,
        content_text=content,
        condition_text=content if match.rule.event_type == "condition" else None,
    )


def actor_of(match: Match, speech: Speech | None) -> Token | None:
    """Return the word that names the actor within the sentence, None where the speaker is the actor."""
    place, token = match.rule.actor, match.token
    if place == "speaker":
        return None
    if place == "clause":
        found = clause_subject(token)
        is_named = found is not None and found.pos_ == "PROPN"
        return found if is_named or speech is None else None
    found = owner(token) if place == "owner" else subject(token) or to_be_told(token)
    # A bill, a letter or a decision acts for whoever made it.
    for _ in range(2):
        if found is not None and found.lemma_.lower() in things():
            found = owner(found) or found
    is_thing = found is not None and found.lemma_.lower() in things()
    return None if is_thing and speech is not None else found


def things() -> frozenset[str]:
    """Return nouns of papers and acts that speak for whoever made them."""
    return read_words("things")


def subject(token: Token) -> Token | None:
    """Return who does what the trigger says: its subject, agent, owner, or the subject that it shares with its head."""
    if token.pos_ in ("NOUN", "PROPN") and token.dep_ != "ROOT":
        return owner(token)
    verb, hops = token, 0
    while hops < 6:
        found, final = _own_subject(verb)
        if final:
            return found
        if verb.head.i == verb.i:
            return None
        verb, hops = verb.head, hops + 1
    return None


def to_be_told(token: Token) -> Token | None:
    """Return whom witnesses are asked to call: "anyone with information is urged to contact the police"."""
    called = (
        child for child in token.children if child.dep_ == "xcomp" and child.lemma_.lower() in read_words("contact")
    )
    return next((below for verb in called for below in verb.children if below.dep_ == "dobj"), None)


def _own_subject(verb: Token) -> tuple[Token | None, bool]:
    """Return the verb's own subject, and whether the search ends here."""
    passive = False
    for child in verb.children:
        if child.dep_ == "agent":
            return next((below for below in child.children if below.dep_ == "pobj"), None), True
        if child.dep_ == "nsubjpass":
            passive = True
        elif child.dep_ in SUBJECTS:
            return (_antecedent(child), True)
    if passive:
        return None, True
    if verb.dep_ == "acl" and verb.tag_ == "VBG" and verb.left_edge.i > 0 and verb.left_edge.nbor(-1).text == ",":
        return None, False  # "... its terms, demanding that": who does it is the subject of the sentence
    if verb.dep_ == "acl" or (verb.dep_ == "relcl" and verb.tag_ in ("VBG", "VBN")):
        return (None, True) if verb.tag_ == "VBN" else (verb.head, True)
    if verb.dep_ in ("xcomp", "ccomp") and verb.tag_ == "VB":
        controller = [child for child in verb.head.children if child.dep_ in ("dobj", "nsubjpass") and child.i < verb.i]
        if controller:
            return _antecedent(controller[0]), True
    if verb.pos_ in ("NOUN", "PROPN") and verb.dep_ not in ("attr", "ROOT"):
        return owner(verb), True
    return None, False


def _antecedent(token: Token) -> Token:
    """Return what a relative pronoun stands for."""
    if token.lower_ in RELATIVES:
        for ancestor in token.ancestors:
            if ancestor.dep_ == "relcl":
                return ancestor.head
    return token


def owner(noun: Token) -> Token | None:
    """Return whose offer or demand a noun is: possessor, "by" or "from" phrase, nationality, else a subject."""
    if noun.pos_ not in ("NOUN", "PROPN"):
        return subject(noun)
    for child in noun.children:
        if child.dep_ == "poss":
            return child
        if child.lower_ in ("by", "from", "of", "in", "among"):
            below = [token for token in child.children if token.dep_ == "pobj"]
            if below and (child.lower_ in ("by", "from", "among") or below[0].pos_ == "PROPN"):
                return below[0]
        if child.dep_ == "acl" and child.tag_ == "VBN":
            found, _ = _own_subject(child)
            if found is not None:
                return found
    names = [child for child in noun.lefts if child.dep_ in ("compound", "amod", "nmod") and child.text[:1].isupper()]
    if names and noun.i != noun.doc[0].i:
        return names[-1]
    head = noun.head
    if noun.dep_ in ("dobj", "attr", "conj", "pobj", "prep") and head.i != noun.i:
        while head.pos_ in ("ADP", "NOUN", "SCONJ") and head.head.i != head.i:
            head = head.head
        return subject(head) if head.pos_ in ("VERB", "AUX") else None
    return None


def is_owner_of(token: Token, noun: Token) -> bool:
    """Tell whether a name, no pronoun, stands beside a noun as its owner."""
    return noun.pos_ in ("NOUN", "PROPN") and not is_pronoun(token) and noun in token.ancestors


def clause_subject(token: Token) -> Token | None:
    """Return the subject of the clause that a connective such as "unless" depends on."""
    verb = token
    while verb.head.i != verb.i and verb.dep_ not in CLAUSES:
        verb = verb.head
    main = verb.head if verb.dep_ == "advcl" else verb
    return subject(main)


def find_speech(token: Token) -> Speech | None:
    """Return the nearest say-verb above the token with its subject, else "according to", else the main say-verb."""
    below = token
    for ancestor in token.ancestors:
        if below.dep_ in ("ccomp", "parataxis", "advcl", "dep", "conj") and (speech := _speech_of(ancestor)):
            return speech
        below = ancestor
    for word in token.doc:
        if word.lower_ == "according" or word.dep_ in ("parataxis", "ROOT"):
            found = _according_to(word) if word.lower_ == "according" else _speech_of(word)
            if found is not None and token.i != word.i:
                return found
    return None


def _speech_of(verb: Token) -> Speech | None:
    if verb.lemma_.lower() not in say_verbs():
        return None
    speakers = [child for child in verb.children if child.dep_ == "nsubj"]
    if not speakers:
        found = subject(verb)
        return Speech(found, verb, verb) if found is not None else None
    who = _antecedent(speakers[0])
    first, last = sorted((speakers[0].left_edge, verb), key=_index)
    return Speech(who, first, max(last, speakers[0].right_edge, key=_index) if verb.i < speakers[0].i else last)


def _according_to(word: Token) -> Speech | None:
    for below in word.subtree:
        if below.dep_ == "pobj":
            who = owner(below) if below.lemma_.lower() in things() else None
            return Speech(who or below, word, below.right_edge)
    return None


def _index(token: Token) -> int:
    return token.i


def say_verbs() -> frozenset[str]:
    """Return the lemmas of verbs that report speech."""
    return read_words("say")


def target_of(match: Match, actor: Token | None) -> Token | None:
    """Return to whom it is addressed: the object, the "to" or "on" phrase, or the subject of what is asked."""
    token = match.token
    if match.rule.target == "subject":
        found = subject(token)
        return found if found is not None and found is not actor and _is_party(found) else None
    for child in token.children:
        if child.dep_ in OBJECTS and _is_party(child):
            return child
        if child.dep_ == "ccomp":
            return next((below for below in child.children if below.dep_ in SUBJECTS and _is_party(below)), None)
        if child.dep_ == "prep" and child.lower_ in ("to", "on", "upon", "with"):
            return next((below for below in child.children if below.dep_ == "pobj" and _is_party(below)), None)
    return None


def _is_party(token: Token) -> bool:
    if token.text in no_parties():
        return False
    return token.pos_ == "PROPN" or is_pronoun(token) or token.tag_ == "NNS"


def content_of(match: Match) -> tuple[Token, Token] | None:
    """Return first and last token of what is proposed, required or refused."""
    token = match.token
    if match.rule.actor == "clause" or token.pos_ in ("SCONJ", "AUX"):
        verb = token.head
        return verb.left_edge, verb.right_edge
    for wanted in CONTENT:
        for child in token.children:
            if child.dep_ == wanted and not is_pronoun(child):
                return child.left_edge, child.right_edge
    return None


def is_pronoun(token: Token) -> bool:
    """Tell whether a word stands for a name; "US" does not, but in a text of capitals."""
    return token.lower_ in PRONOUNS and (token.text not in ("US", "IT") or token.doc.text.isupper())


def resolve(token: Token, before: Sequence[str], speaker: str | None = None) -> str | None:
    """Return the name of a party; a pronoun takes the speaker, a name before it, or one of the sentences before."""
    word = token.lower_
    if not is_pronoun(token):
        return party_of(token)
    if word in FIRST_PERSON:
        return speaker or name_before(before, is_person=word in PERSONS)
    for other in reversed(token.doc[: token.i]):
        if other.dep_ in ("nsubj", "nsubjpass", "poss") and other.pos_ == "PROPN":
            name = short_name(other)
            if word not in PERSONS or name not in countries():
                return name
    return name_before(before, is_person=word in PERSONS) or (speaker if word in ("he", "she", "it", "they") else None)


def party_of(token: Token) -> str:
    """Return the name that a token heads, for a nationality its country; "Norvanians" stay what they are."""
    name = short_name(token)
    return name if name.removesuffix("s") != name and name[:-1] in demonyms() else demonyms().get(name, name)


def short_name(token: Token) -> str:
    """Return the name that a token heads: its parts before it, what it is of, and those it is joined with."""
    parts = [part for part in token.lefts if part.dep_ in NAME_PARTS]
    first = parts[0].left_edge if parts else token
    while first.i < token.i and (first.pos_ in ("DET", "PUNCT") or first.lower_ in ("a", "the", "an")):
        first = first.nbor()
    last = token
    for child in token.rights:
        if child.dep_ == "prep" and child.lower_ in ("of", "for") and token.pos_ != "PRON":
            last = child.right_edge if child.right_edge.i - token.i <= 8 else last
        elif child.dep_ == "conj":
            last = child if child.i - token.i <= 6 else last
        elif child.dep_ == "appos" and token.pos_ != "PROPN" and child.pos_ == "PROPN":
            last = child
    return token.doc[first.i : last.i + 1].text.strip(" ,;:'\"“”’")


def name_before(before: Sequence[str], *, is_person: bool = False) -> str | None:
    """Return the nearest name in the sentences before: the one at a say-verb, else the first of the sentence.

    With ``is_person`` countries are passed over.
    """
    for sentence in before[:LOOK_BACK]:
        names = [found for found in names_in(sentence) if not (is_person and found[0] in countries())]
        spoken = [name for name, start, end in names if _at_say_verb(sentence, start, end)]
        if spoken or names:
            return spoken[0] if spoken else names[0][0]
    return None


def first_name(doc: Doc) -> str | None:
    """Return the first name of the sentence itself, the last resort for headlines."""
    return next((name for name, _, _ in names_in(doc.text)), None)


@cache
def demonyms() -> Mapping[str, str]:
    """Return the country of each nationality, as an adjective and as people."""
    return read_file("demonyms")


@cache
def countries() -> frozenset[str]:
    """Return names that no "he" or "she" stands for: countries and nationalities."""
    return frozenset(demonyms()) | frozenset(demonyms().values())


def no_parties() -> frozenset[str]:
    """Return days and months, which nothing is addressed to."""
    return read_words("times")


def names_in(sentence: str) -> Iterator[tuple[str, int, int]]:
    """Yield the capitalised names of a text that is not parsed, with their first character and behind the last.

    A text all in capitals shows no names, and a single word that begins a sentence is seldom one.
    """
    for found in () if sentence.isupper() else _NAME.finditer(sentence):
        if found.start() == 0 and _is_any_word(sentence, found):
            continue
        words = found.group().split(" ")
        while words and words[0].lower().rstrip(".'’") in no_names():
            words = words[1:]
        name = " ".join(words).rstrip(".'’")
        if len(name) > 1:
            yield name.removesuffix("'s").removesuffix("’s"), found.start(), found.end()


def _is_any_word(sentence: str, found: re.Match[str]) -> bool:
    return (
        " " not in found.group() and not _at_say_verb(sentence, found.start(), found.end()) and found.group().isalpha()
    )


def _at_say_verb(sentence: str, start: int, end: int) -> bool:
    return bool(re.search(r"\b(?:said|says|told|added)\s+(?:\w+ ){0,3}$", sentence[:start])) or bool(
        re.match(r",?\s+(?:\w+ )?(?:said|says|told|added|has|have|will|is|was)\b", sentence[end:])
    )


def no_names() -> frozenset[str]:
    """Return capitalised words that begin sentences or name days and are no parties."""
    return read_words("no_names")


def _slice(text: str, doc: Doc, ends: tuple[Token, Token]) -> str:
    first, last = ends
    return text[doc[first.i].idx : last.idx + len(last)].strip(" ,;")
