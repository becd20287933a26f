import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab

from transforms.match import find_matches, is_negated, parse_link, parse_rule
from transforms.model import load_model
from transforms.offsets import lower


def rules_of(text: str) -> set[str]:
    return {match.rule.id for match in find_matches(load_model()(text))}


def types_of(text: str) -> set[str]:
    return {rule.partition(".")[0] for rule in rules_of(text)}


def made(words: list[str], heads: list[int], deps: list[str], pos: list[str], lemmas: list[str]) -> Doc:
    return Doc(Vocab(), words=words, heads=heads, deps=deps, pos=pos, lemmas=lemmas)


REJECTED = made(
    ["Estmark", "did", "not", "reject", "it"],
    [3, 3, 3, 3, 3],
    ["nsubj", "aux", "neg", "ROOT", "dobj"],
    ["PROPN", "AUX", "PART", "VERB", "PRON"],
    ["Estmark", "do", "not", "reject", "it"],
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Norvania rejected the plan.", "refusal.reject"),
        ("The rebels ruled it out.", "refusal.reject"),
        ("Estmark refused to hold talks.", "refusal.refuse"),
        ("The party will not accept the deal.", "refusal.will_not"),
        ("The opposition boycotted the vote.", "refusal.boycott"),
        ("Norvania urged Estmark to withdraw its troops.", "proposal.urge"),
        ("The minister called on the rebels to disarm.", "proposal.call"),
        ("Estmark is ready to hold talks.", "proposal.ready"),
        ("The union demanded that the minister resign.", "condition.demand"),
        ("Estmark must withdraw its troops.", "condition.must"),
        ("There will be no talks unless the army withdraws.", "condition.unless"),
        ("They freed ten men in exchange for food.", "condition.exchange"),
        ("The rebels threatened to kill the hostages.", "condition.threaten"),
        ("Estmark is not prepared to give up the islands.", "refusal.not_ready"),
        ("Upper House Votes Down Dam Levy", "refusal.vote_down"),
        ("Roth said the proposal was far too vague.", "refusal.verdict"),
        ("The mayor called the draft plan absurd.", "refusal.call_names"),
        ("Estmark froze its dialogue with the lenders.", "refusal.break_talks"),
        ("Hale vowed to veto the levy.", "refusal.vow_against"),
        ("The envoy voiced strong criticism of the proposal.", "refusal.criticism"),
        ('"The answer is no," Roth said.', "refusal.answer_no"),
        ("Norvania Floats Joint Police Force for Lake Orro", "proposal.put_words"),
        ("If you have any information, call the harbour police.", "proposal.tip"),
        ("Kasteria signalled its readiness to swap prisoners.", "proposal.ready_words"),
        ("The League put its good offices at the disposal of both armies.", "proposal.good_offices"),
        ("Norvania circulated a text that would close the strait.", "proposal.that_would"),
        ("The pilots' union wants a nine percent raise.", "condition.bargain"),
        ("Estmark gave the rebels three days to leave.", "condition.give_time"),
        ("Should a shell fall on the town, Estmark will close the strait.", "condition.inverted"),
        ("First the prisoners come home, then we talk.", "condition.first"),
        ("The next instalment hinges on the budget.", "condition.linked"),
        ('"Leave our harbour now," the governor said.', "condition.imperative"),
        ("Hale insisted on another year of grace.", "condition.insist_on"),
    ],
)
def test_rules_fire(text: str, rule: str) -> None:
    assert rule in rules_of(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Estmark is not ready to hold talks.", "proposal.ready"),
        ("The fire must have started in the archive.", "condition.must"),
        ("Fans demanded the coach's head.", "condition.demand"),
        ("Police linked the gang to extortion demands.", "condition.demand_noun"),
        ("Colonel Destin offered the villagers his thanks.", "proposal.offer"),
        ("Some deputies are considering a boycott.", "refusal.boycott"),
        ("The judge suspended the session for lunch.", "refusal.withdraw"),
        ("The men were in a critical condition.", "condition.precondition"),
    ],
)
def test_rules_do_not_fire(text: str, rule: str) -> None:
    assert rule not in rules_of(text)


def test_what_is_refused_is_not_proposed() -> None:
    assert types_of("Estmark refused to propose talks.") == {"refusal"}


@pytest.mark.parametrize(
    "text", ["Estmark did not reject it.", "Nobody rejected it.", "They left without rejecting it."]
)
def test_denied_refusal_is_none(text: str) -> None:
    assert "refusal.reject" not in rules_of(text)


def test_trigger_is_where_the_word_is() -> None:
    text = "On Monday the rebels ruled out talks."
    found = next(m for m in find_matches(load_model()(text)) if m.rule.id == "refusal.reject")
    assert text[found.start : found.end] == "ruled out"


def test_negation_is_read_from_the_parse() -> None:
    assert is_negated(REJECTED[3])
    assert not is_negated(REJECTED[0])
    assert "refusal.reject" not in {match.rule.id for match in find_matches(REJECTED)}


def test_links() -> None:
    classes = {"idea": frozenset({"plan", "it"})}
    assert parse_link("dobj:@idea", classes).holds(REJECTED[3])
    assert parse_link("dobj", classes).holds(REJECTED[3])
    assert parse_link("*:estmark", classes).holds(REJECTED[3])
    assert parse_link("head:reject", classes).holds(REJECTED[4])
    assert not parse_link("dobj:@idea>very", classes).holds(REJECTED[3])


def test_unknown_fields_of_a_rule_are_refused() -> None:
    with pytest.raises(TypeError, match="trigers"):
        parse_rule({"id": "refusal.typo", "trigers": ["reject"]}, "refusal", {})


def test_lower_keeps_offsets() -> None:
    assert lower("İSTANBUL SAID NO") == "İstanbul said no"
