"""Who does what to whom: actor, target, speaker and the words of the content, from the parse and what stands before."""

from collections.abc import Sequence
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from transforms.match import Match, read_words
from transforms.names import first_name, is_pronoun, name_before, resolve, things

SUBJECTS = ("nsubj", "nsubjpass", "csubj")
OBJECTS = ("dobj", "dative", "nsubjpass")
CONTENT = ("xcomp", "ccomp", "dobj", "acl", "prep", "oprd", "advcl", "relcl", "pcomp", "attr")
CLAUSES = ("advcl", "ROOT", "ccomp", "relcl", "pcomp", "conj")
ANYONE = frozenset({"anyone", "anybody", "persons", "residents", "witnesses", "those", "people", "information"})
WHO_TAKES_CALLS = "police"  # where only a number is given
RELATIVES = frozenset({"who", "which", "that", "whom", "whose"})


@dataclass(frozen=True, slots=True)
class Roles:
    """Names as a reader would give them; the texts are verbatim.

    ``is_sure`` tells that the parse leaves no doubt about the actor: a name that is the subject of the trigger or
    stands beside a noun, as whose demand or offer it is, a speaker, or who is to be called.
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
    told = to_be_told(match.token)
    token = actor_of(match, speech, told)
    actor = resolve(token, before, speaker) if token is not None else None
    if token is not None and token == told and token.pos_ == "VERB":
        actor = WHO_TAKES_CALLS
    addressed = target_of(match, token)
    target = resolve(addressed, before, speaker) if addressed is not None else None
    clause = content_of(match)
    content = _slice(text, doc, clause) if clause else None
    return Roles(
        actor=actor or speaker or name_before(before) or first_name(doc),
        is_sure=(token is not None and token == told) or _is_sure(token, match, speech),
        target=None if target == actor else target,
        speaker=speaker,
        attribution_text=_slice(text, doc, (speech.first, speech.last)) if speech else None,
        content_text=content,
        condition_text=content if match.rule.event_type == "condition" else None,
    )


def _is_sure(actor: Token | None, match: Match, speech: Speech | None) -> bool:
    """Tell whether the parse leaves no doubt about an actor, None where the speaker is it."""
    trigger = match.token
    if actor is None:
        return match.rule.actor == "speaker" and speech is not None and not is_pronoun(speech.speaker)
    is_subject = actor.head == trigger and actor.dep_ == "nsubj" and actor.pos_ == "PROPN"
    return is_subject or is_owner_of(actor, trigger)


def actor_of(match: Match, speech: Speech | None, told: Token | None) -> Token | None:
    """Return the word that names the actor within the sentence, None where the speaker is the actor.

    ``told`` is who is to be called, see ``to_be_told``.
    """
    place, token = match.rule.actor, match.token
    if place == "speaker":
        return told
    if place == "clause":
        found = clause_subject(token)
        is_named = found is not None and found.pos_ == "PROPN"
        return found if is_named or speech is None else None
    found = owner(token) if place == "owner" else told or subject(token)
    # A bill, a letter or a decision acts for whoever made it.
    for _ in range(2):
        if found is not None and found.lemma_.lower() in things():
            found = owner(found) or found
    is_thing = found is not None and found.lemma_.lower() in things()
    return None if is_thing and speech is not None else found


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
    """Return whom witnesses are asked to call: "anyone with information is urged to contact the police".

    Where only a number is given, it is the verb.
    """
    calls = [child for child in token.children if child.dep_ == "xcomp"]
    calls += [token.head] if token.dep_ == "aux" else []
    verb = next((verb for verb in calls if verb.lemma_.lower() in read_words("contact")), None)
    called = [below for below in verb.children if below.dep_ == "dobj"] if verb is not None else []
    if verb is None or (token.dep_ == "aux" and not any(child.lower_ in ANYONE for child in verb.subtree)):
        return None
    named = [other for other in called if other.text.isalpha()] + [other for one in called for other in one.conjuncts]
    return named[0] if named else verb


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
    if token.text in read_words("times"):
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


def _slice(text: str, doc: Doc, ends: tuple[Token, Token]) -> str:
    first, last = ends
    return text[doc[first.i].idx : last.idx + len(last)].strip(" ,;")
