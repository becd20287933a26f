import pytest

from transforms.gate import passes
from transforms.match import load_rules


@pytest.mark.parametrize(
    "text",
    [
        "Norvania rejected the plan.",
        "ESTMARK CALLS FOR TALKS",
        "The army will not leave unless the rebels disarm.",
        "We don’t accept this.",
        "Two people were killed in Port Selim.",
        "They walked out of the talks.",
        "Minister Roth urges restraint",
    ],
)
def test_lets_through_what_rules_look_for(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize("text", ["The sun rose over Port Selim.", "The minister arrived on Monday.", "", "x" * 2000])
def test_holds_back_the_rest(text: str) -> None:
    assert not passes(text)


def test_every_verb_that_only_one_kind_of_rule_knows_passes() -> None:
    certain = ("propose", "urge", "demand", "insist", "threaten", "reject", "refuse", "oppose", "veto", "boycott")
    assert set(certain) <= set(load_rules().by_lemma)
    assert all(passes(f"They {lemma} it.") for lemma in certain)
