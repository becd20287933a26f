import pytest
from test_encode import encode, scores_of

from transforms.actors import choose_actor
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
    assert choose_actor(load_model()(text)[-2], ruled, "refusal", scores) == expected
