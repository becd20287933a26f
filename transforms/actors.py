"""Who acts, where the encoder has an opinion: the name, in the sentence or before it, that holds the likeliest word."""

from collections.abc import Mapping, Sequence

from spacy.tokens import Doc, Token

from transforms.encode import CONTEXT, Place, Scores
from transforms.match import Match, token_at
from transforms.names import full_name, names_in, party_of, things
from transforms.roles import SUBJECTS, subject

# Below this probability the encoder knows no better than the parse.
LEAST = 0.2
# A rule's actor stays when one of its words is at least so likely as the likeliest word.
AS_GOOD = 0.5
LONGEST_NAME = 4  # words
LINKS = frozenset({" ", "'s ", "’s ", " of ", " of the ", " for ", "-"})  # between the words of one name
UNDERGO = frozenset({"dobj", "dative", "nsubjpass", "prep", "xcomp"})
NAME_LINKS = frozenset({"compound", "nmod", "amod", "poss"})


def choose_actor(match: Match, ruled: str | None, scores: Scores) -> str | None:
    """Return the name of the actor: the one the parse gives when the encoder agrees, else the encoder's."""
    doc, others = match.token.doc, _no_actors(match)
    found = scores.actors(match.rule.event_type).items()
    words = {at: chance for at, chance in found if at[0] == CONTEXT or token_at(doc, *at[1:]).i not in others}
    if not words:
        return ruled
    best = max(words, key=lambda place: words[place])
    if words[best] < LEAST or (ruled and _likelihood(ruled, scores, words) >= AS_GOOD * words[best]):
        return ruled
    return _name_in_context(scores, best, words) if best[0] == CONTEXT else _name_in_sentence(doc, best, words)


def _no_actors(match: Match) -> frozenset[int]:
    """Return the words that cannot name who acts: plans and letters, and whom a verb has for its object."""
    trigger = match.token
    if match.rule.target == "subject":
        addressed = [subject(trigger)]
    else:
        is_verb = trigger.pos_ in ("VERB", "ADJ")
        addressed = [child for child in trigger.children if is_verb and child.dep_ in UNDERGO]
    papers = (token.i for token in trigger.doc if token.pos_ == "NOUN" and token.lemma_.lower() in things())
    return frozenset(papers) | {below.i for party in addressed if party is not None for below in party.subtree}


def _likelihood(name: str, scores: Scores, words: Mapping[Place, float]) -> float:
    """Return how likely the likeliest word of a name is."""
    wanted = set(name.lower().split())
    return max((found for place, found in words.items() if scores.encoding.word_at(place).lower() in wanted), default=0)


def _name_in_context(scores: Scores, place: Place, words: Mapping[Place, float]) -> str:
    """Return the name around a word before the sentence; of a headline in title case only the likely words."""
    covering = [found for found in names_in(scores.encoding.context) if found[1] <= place[1] < found[2]]
    if covering and len(covering[0][0].split()) <= LONGEST_NAME:
        return full_name(covering[0][0])
    likely = sorted(other for other in words if other[0] == CONTEXT and words[other] >= AS_GOOD * words[place])
    return full_name(_linked(scores.encoding.context, likely, likely.index(place)))


def _linked(context: str, likely: Sequence[Place], at: int) -> str:
    """Return the likely words that stand side by side around one of them: "port authority"."""
    first = last = at
    while first and context[likely[first - 1][2] : likely[first][1]] in LINKS:
        first -= 1
    while last + 1 < len(likely) and context[likely[last][2] : likely[last + 1][1]] in LINKS:
        last += 1
    return context[likely[first][1] : likely[last][2]]


def _name_in_sentence(doc: Doc, place: Place, words: Mapping[Place, float]) -> str:
    token = token_at(doc, *place[1:])
    while token.dep_ in NAME_LINKS and _at(token.head, words) >= AS_GOOD * words[place]:
        token = token.head
    # "Crowds in Brask demanded": it is the crowds.
    if token.dep_ == "pobj" and token.head.dep_ == "prep" and token.head.head.dep_ in SUBJECTS:
        token = token.head.head
    return party_of(token)


def _at(token: Token, words: Mapping[Place, float]) -> float:
    found = (likely for (part, start, end), likely in words.items() if part != CONTEXT and start <= token.idx < end)
    return max(found, default=0)
