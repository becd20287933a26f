"""Names of parties: what a word of the parse heads, what a pronoun stands for, what a text without parse shows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from spacy.tokens import Doc, Token

from transforms.match import read_words
from transforms.rule_files import read_file

NAME_PARTS = ("compound", "amod", "nmod", "poss", "nummod", "quantmod", "case", "punct")
FIRST_PERSON = frozenset({"i", "we", "us", "me", "my", "our"})
PRONOUNS = FIRST_PERSON | frozenset(
    {"he", "she", "him", "her", "his", "it", "its", "they", "them", "their", "you", "your", "who", "which", "that"}
    | {"this", "these", "those", "what", "one", "there"}
)
PERSONS = frozenset({"he", "she", "him", "her", "his", "i", "me", "my"})
LOOK_BACK = 3

_PART = r"(?:(?:[A-Z]\.)+|[A-Z][\w’'&-]*|al-\w+)"
_DOTTED = re.compile(r"(?:[A-Z]\.){2,}")
_NAME = re.compile(rf"(?:[A-Z][a-z]{{1,3}}\. )?{_PART}(?: (?:of |de |al |bin |the (?=[A-Z]))?{_PART})*")


def things() -> frozenset[str]:
    """Return nouns of papers and acts that speak for whoever made them."""
    return read_words("things")


def is_pronoun(token: Token) -> bool:
    """Tell whether a word stands for a name; "US" does not, but in a text of capitals."""
    return token.lower_ in PRONOUNS and (token.text not in ("US", "IT") or token.doc.text.isupper())


def resolve(token: Token, before: Sequence[str], speaker: str | None = None) -> str | None:
    """Return the name of a party; a pronoun takes the speaker, a name before it, or one of the sentences before."""
    word = token.lower_
    if not is_pronoun(token):
        return _with_owner(token, before, speaker)
    if word in FIRST_PERSON:
        return speaker or name_before(before, is_person=word in PERSONS)
    for other in reversed(token.doc[: token.i]):
        if other.dep_ in ("nsubj", "nsubjpass", "poss") and other.pos_ == "PROPN":
            name = short_name(other)
            if word not in PERSONS or name not in countries():
                return name
    said = speaker if word in ("he", "she", "it", "they") else None
    return said or name_before(before, is_person=word in PERSONS)


def _with_owner(token: Token, before: Sequence[str], speaker: str | None) -> str:
    """Return the name that a token heads, "Adela Roth's aides" where the text says "her aides"."""
    name = party_of(token)
    whose = next((child for child in token.lefts if child.dep_ == "poss" and is_pronoun(child)), None)
    if whose is None or not name.startswith(whose.text):
        return name
    owner = resolve(whose, before, speaker)
    # A single word that only stands somewhere before may be a place.
    is_told = owner is not None and (" " in owner or owner in token.doc.text or whose.lower_ not in PERSONS)
    return f"{owner}'s{name[len(whose) :]}" if is_told else name


def party_of(token: Token) -> str:
    """Return the name that a token heads, for "a bloc known as the Front" the Front."""
    for child in token.rights:
        if child.dep_ == "acl" and child.lower_ in ("known", "called", "named", "dubbed"):
            named = next((below for below in child.subtree if below.dep_ in ("pobj", "oprd")), None)
            if named is not None and named.pos_ == "PROPN":
                return short_name(named)
    return full_name(short_name(token))


def full_name(name: str) -> str:
    """Return for a nationality its country, for "U.S." United States; "Norvanians" stay what they are."""
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
        name = " ".join(words).rstrip("'’")
        name = name if _DOTTED.fullmatch(name) else name.rstrip(".")
        if len(name) > 1:
            yield name.removesuffix("'s").removesuffix("’s"), found.start(), found.end()


def _is_any_word(sentence: str, found: re.Match[str]) -> bool:
    return (
        " " not in found.group()
        and not _at_say_verb(sentence, found.start(), found.end())
        and found.group().replace("-", "").isalpha()
    )


def _at_say_verb(sentence: str, start: int, end: int) -> bool:
    return bool(re.search(r"\b(?:said|says|told|added)\s+(?:\w+ ){0,3}$", sentence[:start])) or bool(
        re.match(r",?\s+(?:\w+ )?(?:said|says|told|added|has|have|will|is|was)\b", sentence[end:])
    )


def no_names() -> frozenset[str]:
    """Return capitalised words that begin sentences or name days and are no parties."""
    return read_words("no_names")
