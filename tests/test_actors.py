import pytest
from test_encode import encode, scores_of

from transforms.actors import choose_actor
from transforms.match import Match, find_matches, rule_of_encoder
from transforms.model import load_model


@pytest.mark.parametrize(
    ("text", "before", "likely", "ruled", "expected"),
    [
        ("It rejected the plan.", "Norvania spoke.", {"Norvania": 2.0}, None, "Norvania"),
        ("It rejected the plan.", "Minister Mira Kolt spoke.", {"Kolt": 2.0}, "Norvania", "Minister Mira Kolt"),
        ("Estmark said Norvania rejected it.", "", {"Norvania": 2.0, "Estmark": 1.0}, "Estmark", "Estmark"),
        ("Estmark said Norvania rejected it.", "", {"Norvania": 2.0, "Estmark": -4.0}, "Estmark", "Norvania"),
        ("The dock workers refused.", "", {"workers": 2.0, "dock": 1.8}, None, "dock workers"),
        ("The Greek offer failed.", "", {"Greek": 2.0}, None, "Greece"),
        ("Estmark refused.", "", {"Estmark": -3.0}, "the mayor", "the mayor"),
    ],
)  # fmt: skip
def test_actor(text: str, before: str, likely: dict[str, float], ruled: str | None, expected: str) -> None:
    scores = scores_of(encode(text, (before,) if before else ()), 6, likely)
    doc = load_model()(text)
    match = Match(rule_of_encoder("refusal", doc[-2]), doc[-2], doc[-2].idx, doc[-1].idx)
    assert choose_actor(match, ruled, scores) == expected


def test_no_paper_and_no_object_acts() -> None:
    text = "Estmark urged Norvania to publish the draft."
    match = next(match for match in find_matches(load_model()(text)) if match.rule.id == "proposal.urge")
    likely = {"Norvania": 3.0, "draft": 2.0, "Estmark": -4.0}
    assert choose_actor(match, "Estmark", scores_of(encode(text, ()), 4, likely)) == "Estmark"
