import pytest

from transforms.match import find_matches
from transforms.model import load_model
from transforms.names import name_before
from transforms.roles import Roles, find_roles


def roles(text: str, rule: str, before: tuple[str, ...] = ()) -> Roles:
    match = next(match for match in find_matches(load_model()(text)) if match.rule.id == rule)
    return find_roles(match, text, before)


@pytest.mark.parametrize(
    ("text", "rule", "actor"),
    [
        ("Norvania rejected the plan.", "refusal.reject", "Norvania"),
        ("The plan was rejected by the Estmark Senate.", "refusal.reject", "Estmark Senate"),
        ("Minister Adela Roth said that Norvania rejected the plan.", "refusal.reject", "Norvania"),
        ("Estmark, which rejected the plan, sent no troops.", "refusal.reject", "Estmark"),
        ("Norvania's offer of talks came on Monday.", "proposal.offer_noun", "Norvania"),
        ("The US refused to intervene.", "refusal.refuse", "US"),
        ("Estmark weighed a French proposal to reopen the port.", "proposal.proposal", "France"),
        ("“Estmark must withdraw,” Minister Adela Roth said.", "condition.must", "Minister Adela Roth"),
        ("The U.S. refused to intervene.", "refusal.refuse", "United States"),
        ("A bloc known as the Free Coast rejected the plan.", "refusal.reject", "Free Coast"),
        ("Adela Roth was ill, so her aides rejected the plan.", "refusal.reject", "Adela Roth's aides"),
        ("Anyone with information should call the Selim police.", "proposal.should", "Selim police"),
        ("Anyone with information should call 555 0100.", "proposal.should", "police"),
        ("The harbour alert urged residents to stay inside.", "proposal.urge", "harbour alert"),
    ],
)
def test_actor(text: str, rule: str, actor: str) -> None:
    assert roles(text, rule).actor == actor


def test_pronoun_takes_the_name_before() -> None:
    before = ("Minister Adela Roth said that the border was closed.", "Nothing moved in Port Selim.")
    assert roles("She rejected the plan.", "refusal.reject", before).actor == "Minister Adela Roth"


def test_no_country_is_a_she() -> None:
    before = ("France closed the border.", "President Orsolya Varga spoke in Port Selim.")
    assert roles("She rejected the plan.", "refusal.reject", before).actor == "President Orsolya Varga"


def test_speaker_and_attribution() -> None:
    found = roles("Estmark rejected the plan, Minister Adela Roth said on Monday.", "refusal.reject")
    assert (found.speaker, found.attribution_text) == ("Minister Adela Roth", "Minister Adela Roth said")


def test_target_and_content() -> None:
    found = roles("Norvania urged Estmark to withdraw its troops.", "proposal.urge")
    assert found.target == "Estmark"
    assert found.content_text is not None
    assert "withdraw its troops" in found.content_text


def test_papers_speak_for_whoever_made_them() -> None:
    found = roles("Norvania rejected the plan, according to statements from the Estmark council.", "refusal.reject")
    assert (found.actor, found.speaker) == ("Norvania", "Estmark council")
    assert roles("Adela Roth's remarks signaled a willingness to talk.", "proposal.readiness").actor == "Adela Roth"


def test_nobody_addresses_themselves() -> None:
    assert roles("The council warned that it may suspend aid if fighting goes on.", "condition.warn").target is None


def test_nothing_is_addressed_to_a_day() -> None:
    assert roles("Estmark on Sunday offered a truce.", "proposal.offer").target is None


def test_names_before() -> None:
    assert name_before(["On Monday the talks in Port Selim failed."]) == "Port Selim"
    assert name_before(["It rained.", "Then Adela Roth said no to President Varga."]) == "Adela Roth"
    assert name_before(["It rained."]) is None
    assert name_before(["Five-point plan put to both governments"]) is None
