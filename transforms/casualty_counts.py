"""Add up what the triggers of one sentence count: groups of one incident, each person once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from transforms import victims
from transforms.casualty_persons import are_unlike, is_owned_kin, retold
from transforms.casualty_rules import Effect, Rule, lexicon
from transforms.scene import Group, is_out_of_them

_NEW = ("a ", "an ", "one ", "another ", "some")
_OPENINGS = ("a ", "an ", "the ", "his ", "her ", "their ")  # headlines leave them out
_SHOT = frozenset({"casualty.shoot", "casualty.shooting"})
_JOINING = frozenset({"and", "&", ",", ";", "-", "–", "—", "while", "then", "another", "more"})
_HIT = frozenset({"dobj", "acomp"})  # whom a verb hit; "kills 4-month-old" is parsed as the latter
_PERIOD_NEAR = 6  # tokens from a trigger to the time that its number is for
_OUTCOMES = frozenset({"casualty.recovering", "casualty.stable"})  # said of those who were told of before
_LOWER = frozenset({"relcl", "acl", "advcl", "pobj", "pcomp", "appos", "amod", "poss", "compound"})

Range = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Mention:
    """A trigger with the people that it speaks of, and what speaks against its reporting anything ("" for nothing)."""

    rule: Rule
    token: Token
    effect: Effect
    groups: tuple[Group, ...]
    objection: str = ""

    @property
    def is_stated(self) -> bool:
        """Tell whether a number in the text counts the people."""
        return any(group.stated for group in self.groups)


def total(mentions: Sequence[Mention]) -> tuple[Group, ...]:
    """Choose the groups of one effect that add up: one incident, not the toll that is told beside it."""
    counted = [m for m in mentions if any(g.low is not None or g.high is not None for g in m.groups)]
    if not counted:
        return ()
    counted = [m for m in counted if any(g.high != 0 for g in m.groups)] or counted
    counted = [m for m in counted if m.is_stated or m.rule.rule_id not in _OUTCOMES] or counted
    stated = [mention for mention in counted if mention.is_stated]
    is_told = counted[0].token.tag_ != "VBG" and counted[0].rule.frame != "attribute"
    is_first = is_told and stated and counted[0] is not stated[0]
    if is_first and stated[0].token.dep_ == "relcl":
        stated = [counted[0]]
    if two_tolls := retold([(mention.token, mention.groups) for mention in stated]):
        return two_tolls
    main = _greatest(stated) if stated else max(counted, key=_implied_sum)
    chosen = [main, *(other for other in counted if other is not main and _adds_up(main, other))]
    groups = {group.key: group for mention in chosen for group in mention.groups}
    return tuple(groups.values())


def _greatest(stated: Sequence[Mention]) -> Mention:
    """Return the first mention, or the greater one that is set against it: "10 were killed, but the army says 12"."""
    first = stated[0]
    rivals = [other for other in stated if _is_level(first.token, other.token) and _is_contrasted(first, other)]
    rivals += [other for other in stated if other is not first and _is_repeated(first, other)]
    if any(_is_of_more(group, first) for group in first.groups):  # "five more bodies were found, taking the toll to 63"
        rivals += [other for other in stated if _is_toll(other)]
    if first.rule.frame == "harm":  # "one has serious injuries, five were hurt"
        rivals = list(stated[1:])
    return max((first, *rivals), key=lambda mention: (_implied_sum(mention), _is_open(mention)))


def _is_toll(mention: Mention) -> bool:
    """Tell whether a number is that of all dead so far: the death toll, the number of dead."""
    before = mention.token.doc[max(mention.token.i - 3, 0) : mention.token.i]
    return mention.rule.frame == "toll" or "number of" in before.text.lower()


def _is_of_more(group: Group, mention: Mention) -> bool:
    """Tell whether a group is added to others that were told of before: "five more bodies", "another ten people"."""
    doc = mention.token.doc
    return any(_is_adding(token) for token in doc[max(group.head - 3, 0) : group.head + 2])


def _is_open(mention: Mention) -> bool:
    return any(group.high is None for group in mention.groups)


def _implied_sum(mention: Mention) -> int:
    return sum(group.low or 0 for group in mention.groups)


def _adds_up(main: Mention, other: Mention) -> bool:
    """Tell whether another mention counts more people of the same incident."""
    doc = other.token.doc
    if _is_toll(main) or other.rule.frame in {"toll", "attribute", "sign"}:
        return False
    if any(is_out_of_them(group, doc.text) for group in other.groups):
        return False
    if _is_of_selves(other.groups, doc) or _is_of_doer(main, other):
        return True
    if any(doc[group.head].lower_ == "others" for group in main.groups) or are_unlike(main.groups, other.groups, doc):
        return True
    places = [(group.head - 3, group.head + 1) for group in other.groups] + [(other.token.i - 2, other.token.i)]
    if any(_is_adding(token) for start, end in places for token in doc[max(start, 0) : end]):
        return True
    is_harm = main.rule.frame == other.rule.frame == "harm"
    clauses = [_clause(mention.token) if is_harm else mention.token for mention in (main, other)]
    is_level = _is_level(*clauses) and not _is_contrasted(main, other)
    later = max(main, other, key=lambda mention: mention.token.i)
    is_brought_in = not (main.is_stated or other.is_stated) and _is_new(
        later, doc
    )  # "the guard died and a boy was shot"
    return is_level and (is_brought_in or (_is_new(main, doc) and _is_new(other, doc)))


def _is_adding(token: Token) -> bool:
    """Tell whether a word like "another" or "more" brings in others; "more than" does not."""
    is_bound = token.lower_ == "more" and token.i + 1 < len(token.doc) and token.nbor(1).lower_ == "than"
    return token.lower_ in lexicon().counting["adding"] and not is_bound


def _is_new(mention: Mention, doc: Doc) -> bool:
    """Tell whether a mention brings people in: "two men", "a man", not "the man"."""
    return all(
        group.stated
        or doc.text[group.start :].lower().startswith(_NEW)
        or is_owned_kin(group, doc)
        or _is_bare(group, doc)
        for group in mention.groups
    )


def _is_bare(group: Group, doc: Doc) -> bool:
    """Tell whether one word names a group, as in headlines: "boy grazed, girl cut by glass"."""
    kinds = lexicon().kinds
    word = doc[group.head]
    is_alone = group.start == word.idx and word.pos_ != "PRON"
    return is_alone and any(word.lower_ in words for words in kinds.values())


def _is_contrasted(main: Mention, other: Mention) -> bool:
    """Tell whether two numbers are for the same people, or for one time and another."""
    low, high = sorted((main.token.i, other.token.i))
    if _is_repeated(main, other) or lexicon().longer.search(main.token.doc[high : high + _PERIOD_NEAR].text):
        return True
    words = lexicon().counting["contrasting"]
    if not (main.is_stated and other.is_stated):  # "a boy was grazed, but two girls were hit"
        words -= lexicon().counting["conceding"]
    return any(token.lower_ in words for token in main.token.doc[low:high])


def _is_repeated(main: Mention, other: Mention) -> bool:
    """Tell whether a headline's number is told again by the sentence that it runs into."""
    low, high = sorted((main.token.i, other.token.i))
    between = main.token.doc[low:high]
    is_same = main.is_stated and other.is_stated and _implied_sum(main) == _implied_sum(other) > 1
    return is_same and main.token.lemma_ == other.token.lemma_ and all(word.lower_ not in _JOINING for word in between)


def _is_level(first: Token, second: Token) -> bool:
    """Tell whether two triggers stand in clauses on one level: none tells what the other one came after."""
    first, second = _main_verb(first), _main_verb(second)
    above = [first, *first.ancestors], [second, *second.ancestors]
    paths = [[word for word in path if word not in other] for path, other in (above, above[::-1])]
    return not any(word.dep_ in _LOWER and not _is_set_against(word) for path in paths for word in path)


def _clause(token: Token) -> Token:
    """Return the verb that a noun hangs on: the "was" of "was in critical condition"."""
    while token.pos_ in {"NOUN", "ADP"} and token.head != token:
        token = token.head
    return token


def _main_verb(trigger: Token) -> Token:
    """Return the verb whose clause goes on in that of a trigger: "was taken to hospital, where she died"."""
    if trigger.dep_ == "acl" and trigger.head.like_num and trigger.head.i == trigger.i - 1:
        return trigger.head  # "the report mentions 10 killed"
    if all(child.lower_ != "where" for child in trigger.children):
        return trigger
    return next((verb for verb in trigger.ancestors if verb.pos_ == "VERB"), trigger)


def _is_set_against(verb: Token) -> bool:
    """Tell whether a clause only goes on beside another: "while 59 died", "adding that a guard was killed"."""
    if verb.dep_ == "acl" and verb.head.dep_ in {"npadvmod", "dep", "appos"} and verb.head.head.pos_ == "VERB":
        return True  # "boy grazed, two teens wounded"
    if verb.dep_ == "appos" and verb.head.pos_ == "VERB":
        return True
    if verb.lemma_ == "add" or (verb.dep_ == "pcomp" and verb.head.lower_ == "before"):
        return True
    return any(child.lower_ in {"while", "whereas"} for child in verb.children)


def _is_of_doer(main: Mention, other: Mention) -> bool:
    """Tell whether another mention is of who did it: "the gunman wounded two before being shot"."""
    if main.rule.frame != "object" or victims.children(main.token, {"nsubjpass", "auxpass"}):
        return False
    doers = {victims.antecedent(doer).i for doer in victims.doers(main.token)}
    doc, personal = main.token.doc, lexicon().counting["personal"]
    is_many = any((group.low or 0) > 1 for group in main.groups)
    is_many = is_many or main.effect == other.effect == "killed"  # nobody is killed twice
    between = {token.lower_ for token in doc[main.token.i : other.token.i]}
    if is_many and not between.isdisjoint({"before", "until"}):
        doers |= {token.i for token in doc[main.token.i :] if token.lower_ in personal}  # "before he was shot dead"
    return bool(other.groups) and all(group.head in doers for group in other.groups)


def died_of_wounds(mentions: Sequence[Mention]) -> tuple[tuple[Group, ...], tuple[Mention, ...]]:
    """Return who of the injured died, and the other mentions: the one of "five were shot, one of them fatally"."""
    parts = [m for m in mentions if m.effect == "killed" and len(m.groups) == 1 and _is_part(m)]
    others = [m for m in mentions if m not in parts and not (m.effect == "casualty" and not m.is_stated)]
    taken: dict[int, Group] = {}
    dropped: list[Mention] = []
    for part in parts:
        [group] = part.groups
        before = [(g.start, g.key) for m in others for g in m.groups if g.stated and g.start < group.start]
        sources = [m for m in others if before and max(before)[1] in {g.key for g in m.groups}]
        if not sources or (group.low or 0) > sum(g.low or 0 for g in sources[0].groups):
            continue
        effects = {m.effect for m in sources}
        if "killed" in effects or "injured" in effects:
            dropped.append(part)
        if "killed" not in effects and "injured" in effects:
            taken[group.key] = group
    return tuple(taken.values()), tuple(m for m in mentions if m not in dropped)


def _is_part(mention: Mention) -> bool:
    [group] = mention.groups
    return is_out_of_them(group, mention.token.doc.text) or (mention.rule.frame == "adverb" and group.stated)


def less(number: Range, taken: Sequence[Group]) -> Range:
    """Take some people off a number."""
    gone = sum(group.low or 0 for group in taken)
    low, high = number
    return None if low is None else max(low - gone, 0), None if high is None else max(high - gone, 0)


def is_dead_too(mention: Mention, killed: Sequence[Group]) -> bool:
    """Tell whether one who was shot is the one who died: "the boy shot on Friday has died", "declared him dead"."""
    doc, counting = mention.token.doc, lexicon().counting
    if _is_of_selves(killed, doc):  # "shot a guard, then fatally himself"
        return False
    if _is_of_selves(mention.groups, doc) and all(doc[group.head].dep_ in _HIT for group in killed):
        return False  # "killed a guard before shooting himself"
    if _is_hit_next(mention.groups, killed, doc):
        return False
    is_full = all(doc.text[group.start :].lower().startswith(_OPENINGS) for group in mention.groups)
    if is_full and are_unlike(mention.groups, killed, doc):  # "the father was killed and his daughter was shot"
        return False
    if mention.is_stated or _has_others(mention) or not any(not group.stated and group.low for group in killed):
        return False
    is_meant = any(doc[group.head].lower_ in counting["personal"] for group in (*killed, *mention.groups))
    is_meant = is_meant or all(
        doc.text.startswith("the ", group.start) and doc[group.head].lower_ in counting["said_again"]
        for group in mention.groups
    )
    return mention.rule.rule_id == "casualty.shoot" or is_meant


def _is_hit_next(groups: Sequence[Group], killed: Sequence[Group], doc: Doc) -> bool:
    """Tell whether a name is the object of a verb behind the one that killed: "killing her and wounding Ada"."""
    last = max((group.head for group in killed), default=0)
    hit = [doc[group.head] for group in groups]
    are_objects = all(doc[group.head].dep_ == "dobj" for group in killed)
    return are_objects and all(word.dep_ == "dobj" and word.tag_ == "NNP" and word.i > last for word in hit)


def _is_of_selves(groups: Sequence[Group], doc: Doc) -> bool:
    return all(doc[group.head].lower_ in lexicon().counting["reflexive"] for group in groups)


def without_killed(injured: Iterable[Group], killed: Sequence[Group]) -> tuple[Group, ...]:
    """Leave out of the injured who is among the killed: "shot and killed a man"."""
    keys = {group.key for group in killed}
    return tuple(group for group in injured if group.key not in keys)


def add_up(groups: Iterable[Group]) -> Range:
    """Return the least and the greatest number of people in all groups; None is open or not stated."""
    counted = [group for group in groups if group.low is not None or group.high is not None]
    lows = [group.low for group in counted if group.low is not None]
    is_open = any(group.high is None for group in counted)
    high = None if is_open or not counted else sum(group.high or 0 for group in counted)
    return sum(lows) if lows else None, high


def less_killed(injured: Range, killed: Range, mentions: Sequence[Mention]) -> Range:
    """Take the one killed off the five shot of "five shot, one killed"."""
    shot = [m for m in mentions if m.rule.rule_id in _SHOT and m.effect == "injured" and m.is_stated]
    dead = [m for m in mentions if m.effect == "killed" and m.is_stated]
    hurt = {g.key for m in mentions if m.effect == "injured" and m not in shot for g in m.groups}
    shot = [m for m in shot if not any(group.key in hurt for group in m.groups)]
    if not shot or not dead or any(map(_has_others, (*shot, *dead))):
        return injured
    between = {token.lower_ for token in shot[0].token.doc[dead[0].token.i : shot[0].token.i]}
    if shot[0].token.i > dead[0].token.i and between.isdisjoint({"after", "double", "triple", "quadruple"}):
        return injured
    low, high, gone = injured[0], injured[1], killed[0]
    if add_up(shot[0].groups) != injured:  # "one dead, three injured in quadruple shooting" has told them apart
        return injured
    if low is None or gone is None or low != high or gone > low:
        return injured
    return low - gone, low - gone


def _has_others(mention: Mention) -> bool:
    adding = lexicon().counting["adding"]
    return any(token.lower_ in adding for token in mention.token.doc[max(mention.token.i - 3, 0) : mention.token.i])
