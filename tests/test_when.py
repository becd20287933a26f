from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.date_phrases import read_phrases
from transforms.when import EventDate, find_date

# A Wednesday.
PUBLISHED = datetime(2021, 3, 17, 14, 30, tzinfo=UTC)


def when(text: str, trigger: str, *, published: datetime | None = PUBLISHED, is_report: bool = True) -> str | None:
    found = find_date(text, text.index(trigger), published, is_report=is_report)
    return f"{found.date} {found.precision}" if found else None


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("on Monday", "2021-03-15 day"),
        ("on Tuesday", "2021-03-16 day"),
        ("on Wednesday", "2021-03-17 day"),
        ("on Thursday", "2021-03-11 day"),
        ("on Sunday night", "2021-03-14 day"),
        ("late Friday", "2021-03-12 day"),
        ("last Tuesday", "2021-03-16 day"),
        ("last Wednesday", "2021-03-10 day"),
        ("on Tuesday last week", "2021-03-09 day"),
        ("on Friday of last week", "2021-03-12 day"),
        ("on Monday this week", "2021-03-15 day"),
        ("yesterday", "2021-03-16 day"),
        ("the day before yesterday", "2021-03-15 day"),
        ("today", "2021-03-17 day"),
        ("tonight", "2021-03-17 day"),
        ("this morning", "2021-03-17 day"),
        ("last night", "2021-03-16 day"),
        ("two days ago", "2021-03-15 day"),
        ("10 days ago", "2021-03-07 day"),
        ("a week ago", "2021-03-08 week"),
        ("three weeks ago", "2021-02-22 week"),
        ("two months ago", "2021-01-01 month"),
        ("five months ago", "2020-10-01 month"),
        ("six years ago", "2015-01-01 year"),
        ("four hours ago", "2021-03-17 day"),
        ("earlier this week", "2021-03-15 week"),
        ("last week", "2021-03-08 week"),
        ("over the weekend", "2021-03-08 week"),
        ("earlier this month", "2021-03-01 month"),
        ("last month", "2021-02-01 month"),
        ("this year", "2021-01-01 year"),
        ("late last year", "2020-01-01 year"),
        ("in January", "2021-01-01 month"),
        ("in March", "2021-03-01 month"),
        ("in August", "2020-08-01 month"),
        ("last March", "2020-03-01 month"),
        ("in early February", "2021-02-01 month"),
        ("in October last year", "2020-10-01 month"),
        ("on March 3", "2021-03-03 day"),
        ("on 3 March", "2021-03-03 day"),
        ("on Feb. 28", "2021-02-28 day"),
        ("on the 3rd of March", "2021-03-03 day"),
        ("on November 30", "2020-11-30 day"),
        ("on 24 May last year", "2020-05-24 day"),
        ("on February 2 of this year", "2021-02-02 day"),
        ("on Sunday, Nov. 15", "2020-11-15 day"),
        ("on Christmas Day", "2020-12-25 day"),
        ("on New Year's Eve", "2020-12-31 day"),
    ],
)
def test_phrases_resolved_against_publication(phrase: str, expected: str | None) -> None:
    assert when(f"Two miners were killed {phrase} in Port Selim.", "killed") == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("on 3 March 2014", "2014-03-03 day"),
        ("on March 3, 2014", "2014-03-03 day"),
        ("on Monday, March 3, 2014", "2014-03-03 day"),
        ("on the 3rd of March, 2014", "2014-03-03 day"),
        ("on 2014-03-03", "2014-03-03 day"),
        ("on 03.04.2014", "2014-04-03 day"),
        ("on 3/13/2014", "2014-03-13 day"),
        ("on 13/3/2014", "2014-03-13 day"),
        ("on 3/4/2014", None),
        ("on 31 February 2014", None),
        ("in March 2014", "2014-03-01 month"),
        ("in March of 2014", "2014-03-01 month"),
        ("in 2014", "2014-01-01 year"),
        ("since 2014", "2014-01-01 year"),
        ("in early 2014", "2014-01-01 year"),
        ("in the summer of 2014", "2014-01-01 year"),
        ("on New Year's Day 2014", "2014-01-01 day"),
    ],
)
@pytest.mark.parametrize("published", [PUBLISHED, None])
def test_phrases_with_a_year_need_no_publication(phrase: str, expected: str | None, published: datetime | None) -> None:
    assert when(f"Two miners were killed {phrase} in Port Selim.", "killed", published=published) == expected


@pytest.mark.parametrize(
    "phrase", ["on Monday", "yesterday", "last week", "in March", "on March 3", "two days ago", "this year", "today"]
)
def test_without_publication_the_rest_is_null(phrase: str) -> None:
    assert when(f"Two miners were killed {phrase} in Port Selim.", "killed", published=None) is None


@pytest.mark.parametrize(
    "phrase",
    [
        "recently",
        "on Mondays",
        "in recent weeks",
        "in the past decade",
        "in the 1990s",
        "this spring",
        "at 2014 Hill Road",
        "in 2,014 homes",
        "in April",  # the one to come, or the one eleven months ago
    ],
)
def test_null_rather_than_a_guess(phrase: str) -> None:
    assert when(f"Two miners were killed {phrase} in Port Selim.", "killed") is None


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("The council will vote on Friday.", "vote"),
        ("The council urged talks to be held next week.", "urged"),
        ("Norvania said that it would withdraw by Friday.", "withdraw"),
        ("The envoy urged a truce ahead of Sunday.", "urged"),
        ("The council called for an election on May 2.", "called"),
    ],
)
def test_what_lies_ahead_dates_nothing(text: str, trigger: str) -> None:
    assert when(text, trigger, is_report=False) is None


@pytest.mark.parametrize(
    ("text", "trigger", "expected"),
    [
        ("On Monday, rebels shelled the port, killing two, a week after a raid in 2019.", "killing", "2021-03-15 day"),
        ("Two were killed on Monday and a third died on Tuesday.", "killed", "2021-03-15 day"),
        ("Two were killed on Monday and a third died on Tuesday.", "died", "2021-03-16 day"),
        ("Police said on Tuesday that two men were killed.", "killed", None),
        ("Police said two men were killed on Monday.", "killed", "2021-03-15 day"),
        ("Two men were killed, police said Tuesday.", "killed", None),
        ("Two men were killed on Sunday, police said Tuesday.", "killed", "2021-03-14 day"),
        ("A man was arrested on Tuesday after two people were killed.", "killed", None),
        ("A man was hospitalized Tuesday after he was shot.", "shot", "2021-03-16 day"),
        ("The 2013 murder of Adela Roth was never solved.", "murder", "2013-01-01 year"),
        ("He remembered her 2007 film before he was killed.", "killed", None),
        ("It was the first such crash since 1959 in which people died.", "died", None),
        ("Two died in Port Selim. The mayor resigned on Monday.", "died", None),
        ("PORT SELIM, 12 MAR 21 (SELIM RADIO) -- TWO MEN WERE KILLED.", "KILLED", None),
        ("TWO MEN WERE KILLED YESTERDAY IN PORT SELIM.", "KILLED", "2021-03-16 day"),
        ("two men were killed on monday in port selim.", "killed", "2021-03-15 day"),
        ("Two killed as ferry sinks - USA TODAY", "killed", None),
        ("Six people, including a boy who turned five on Monday, were killed yesterday.", "killed", "2021-03-16 day"),
    ],
)
def test_the_phrase_that_belongs_to_the_event(text: str, trigger: str, expected: str | None) -> None:
    assert when(text, trigger) == expected


@pytest.mark.parametrize(
    ("text", "trigger", "expected"),
    [
        ("Norvania said on Tuesday that it rejected the plan.", "rejected", "2021-03-16 day"),
        ("Norvania rejected the plan on Monday.", "rejected", "2021-03-15 day"),
        ("Norvania rejected a plan that Estmark made on Monday.", "rejected", None),
        ("On Sunday, Minister Adela Roth demanded a pull-out.", "demanded", "2021-03-14 day"),
    ],
)
def test_saying_dates_acts_of_speech(text: str, trigger: str, expected: str | None) -> None:
    assert when(text, trigger, is_report=False) == expected


def test_words_are_verbatim() -> None:
    found = find_date("Two men died late Sunday night in Selim.", 8, PUBLISHED, is_report=True)
    assert found == EventDate(date(2021, 3, 14), "day", "late Sunday night")


def test_two_digit_years_only_in_the_last_century() -> None:
    assert when("HE WAS KILLED ON 3 JAN 89 IN SELIM.", "KILLED", published=None) == "1989-01-03 day"
    assert when("He was killed on 3 January 70 miles from Selim.", "killed") == "2021-01-03 day"


def test_letters_that_grow_in_lower_case_move_nothing() -> None:
    text = "İİİ Two men were killed on Monday."
    assert [phrase.resolved.text for phrase in read_phrases(text, date(2021, 3, 17))] == ["Monday"]


@given(st.integers(0, 3000), st.sampled_from(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]))
def test_weekdays_are_the_last_on_or_before_publication(days: int, weekday: str) -> None:
    published = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(days=days)
    found = find_date(f"Two men died on {weekday}.", 8, published, is_report=True)
    assert found is not None
    assert found.date.strftime("%A") == weekday
    assert timedelta(0) <= published.date() - found.date < timedelta(days=7)


@given(st.text(max_size=80), st.integers(0, 80), st.datetimes(timezones=st.just(UTC)))
def test_any_text_is_read(text: str, trigger: int, published: datetime) -> None:
    found = find_date(text, min(trigger, len(text)), published)
    assert found is None or (found.text in text and found.date <= published.date())


@given(
    st.lists(
        st.sampled_from(["last", "Monday", "5", "May", "2014", "ago", "weeks", "in", "the", ",", "31", "Feb", "week"]),
        max_size=9,
    ),
    st.datetimes(timezones=st.just(UTC)),
)
def test_any_mix_of_date_words_is_read(words: list[str], published: datetime) -> None:
    find_date(" ".join(words), 0, published)
