import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.numbers import find_numbers

TEENS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))


def spell(number: int) -> str:
    for scale, name in SCALES:
        if number >= scale:
            rest = number % scale
            joint = " and " if 0 < rest < 100 else " "
            return f"{spell(number // scale)} {name}{joint + spell(rest) if rest else ''}"
    if number < 20:
        return TEENS[number]
    return TENS[number // 10 - 2] + (f"-{TEENS[number % 10]}" if number % 10 else "")


@given(st.integers(0, 999_999_999))
def test_reads_back_spelled_numbers(number: int) -> None:
    text = f"{spell(number)} people"
    assert [(n.low, n.high, text[n.start : n.end]) for n in find_numbers(text)] == [(number, number, spell(number))]


@given(st.integers(0, 10**9), st.sampled_from(["{}", "{:,}"]))
def test_reads_back_digits(number: int, style: str) -> None:
    text = f"the {style.format(number)} miners, they said"
    assert [(n.low, n.high) for n in find_numbers(text)] == [(number, number)]


@given(st.text(max_size=60))
def test_offsets_stay_within_any_text(text: str) -> None:
    for number in find_numbers(text):
        assert 0 <= number.start <= number.core < number.end <= len(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1,200 people", 1200, 1200),
        ("2.5 million people", 2_500_000, 2_500_000),
        ("twenty one men", 21, 21),
        ("a hundred and five soldiers", 105, 105),
        ("a couple of men", 2, 2),
        ("a dozen miners", 12, 12),
        ("two dozen miners", 24, 24),
        ("half a dozen", 6, 6),
        ("half a million", 500_000, 500_000),
        ("several men", 3, None),
        ("a few men", 3, None),
        ("a few hundred men", 300, None),
        ("dozens of men", 24, None),
        ("scores of men", 40, None),
        ("hundreds", 200, None),
        ("thousands", 2000, None),
        ("tens of thousands of people", 20_000, None),
        ("at least 20", 20, None),
        ("more than twenty", 20, None),
        ("over 1,000 dead", 1000, None),
        ("no fewer than six", 6, None),
        ("20 or more", 20, None),
        ("20-plus", 20, None),
        ("up to eight", None, 8),
        ("as many as 15 people", None, 15),
        ("fewer than ten", None, 10),
        ("no more than five", None, 5),
        ("between 15 and 20 dead", 15, 20),
        ("15 to 20 dead", 15, 20),
        ("15-20 dead", 15, 20),
        ("two to three million people", 2_000_000, 3_000_000),
        ("90 to 200 people", 90, 200),
        ("two or three men", 2, 3),
        ("20-odd people", 20, 20),
        ("20 or so people", 20, 20),
        ("a half-dozen men", 6, 6),
        ("about 30", 30, 30),
        ("nearly 30", 30, 30),
        ("some 50 men", 50, 50),
        ("more than an estimated 200", 200, None),
        ("no one", 0, 0),
        ("none", 0, 0),
        ("nobody", 0, 0),
    ],
)
def test_bounds(text: str, low: int | None, high: int | None) -> None:
    assert [(n.low, n.high) for n in find_numbers(text)] == [(low, high)]


@pytest.mark.parametrize(
    "text",
    [
        "a 21-year-old man",
        "the 9mm pistol",
        "$5 million",
        "an F-16 jet",
        "on 10/7",
        "at 3:30 pm",
        "at 10 a.m.",
        "40 percent",
        "the 1990s",
        "the 5th man",
        "in 2015",
        "on May 23",
        "a 5.1 quake",
        "for three days",
        "between 2007 and 2011",
        "No. 7",
        "two thirds of them",
        "three quarters of them",
    ],
)
def test_measures_and_dates_count_nobody(text: str) -> None:
    assert find_numbers(text) == []


def test_bound_covers_its_own_number_only() -> None:
    found = find_numbers("at least three soldiers and two civilians")
    assert [(n.low, n.high) for n in found] == [(3, None), (2, 2)]


def test_core_leaves_the_bound_out() -> None:
    text = "killing at least twelve"
    [number] = find_numbers(text)
    assert (text[number.start : number.end], text[number.core : number.end]) == ("at least twelve", "twelve")


def test_endless_digits_and_scales_are_no_number() -> None:
    assert find_numbers("9" * 400) == []
    assert len(find_numbers("5 " + "million " * 400)) >= 1


def test_endless_bounds_take_no_endless_time() -> None:
    assert all(number.high == 0 for number in find_numbers("no more than " * 5000))
