import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dates import Dated, date_article, parse_date

NOW = datetime(2025, 4, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        ("2025-04-22", "2025-04-22T00:00:00"),
        ("2025-04-22T10:20:30Z", "2025-04-22T10:20:30"),
        ("2025-04-22T10:20:30.5+02:00", "2025-04-22T08:20:30.500000"),
        ("20250422T102030", "2025-04-22T10:20:30"),
        ("2025-04-22 12:20:30.000000000+0200", "2025-04-22T10:20:30"),
        ("2025/04/22 10:20", "2025-04-22T10:20:00"),
        ("2025-4-2 9:05", "2025-04-02T09:05:00"),
        ("2025-04-22 10:20:30 +0000 UTC", "2025-04-22T10:20:30"),
        ("2025-04-22T10:20:30+02:00[Europe/Vienna]", "2025-04-22T08:20:30"),
        ("Tue, 22 Apr 2025 10:20:30 +0200", "2025-04-22T08:20:30"),
        ("Tue, 22 Apr 2025 10:20:30 EST", "2025-04-22T15:20:30"),
        ("22 Apr 2025 10:20 GMT", "2025-04-22T10:20:00"),
        ("22 Apr 2025 10:20 XYZ", "2025-04-22T10:20:00"),
        ("Tue Apr 22 10:20:30 2025", "2025-04-22T10:20:30"),
        ("Tue Apr 22 2025 10:20:30 GMT+0200 (Central European Summer Time)", "2025-04-22T08:20:30"),
        ("April 22, 2025 at 5:04 pm EDT", "2025-04-22T21:04:00"),
        ("22 April 2025 5:04 PM", "2025-04-22T17:04:00"),
        ("26-FEB-1987 15:01:01.79", "1987-02-26T15:01:01.790000"),
        ("26-FEB-1987 15:01:01.79&#5;&#5;&#5;RM", "1987-02-26T15:01:01.790000"),
        ("3 JAN 90", "1990-01-03T00:00:00"),
        ("3 Sept 68", "2068-09-03T00:00:00"),
        ("22.04.2025", "2025-04-22T00:00:00"),
        ("03.04.2025", "2025-04-03T00:00:00"),
        ("22/04/2025", "2025-04-22T00:00:00"),
        ("04/22/2025 5pm", "2025-04-22T17:00:00"),
        ("4/4/25", "2025-04-04T00:00:00"),
        ("20250422", "2025-04-22T00:00:00"),
        ("20250422102030", "2025-04-22T10:20:30"),
        (20250422, "2025-04-22T00:00:00"),
        (1745317230, "2025-04-22T10:20:30"),
        ("1745317230", "2025-04-22T10:20:30"),
        (1745317230.5, "2025-04-22T10:20:30.500000"),
        (1745317230500, "2025-04-22T10:20:30.500000"),
        (date(2025, 4, 22), "2025-04-22T00:00:00"),
        (datetime(2025, 4, 22, 10), "2025-04-22T10:00:00"),
        (datetime(2025, 4, 22, 10, tzinfo=timezone(timedelta(hours=2))), "2025-04-22T08:00:00"),
    ],
)
def test_parse_date(stated: object, wanted: str) -> None:
    assert parse_date(stated) == datetime.fromisoformat(wanted).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "stated",
    [
        "01/02/2020",
        "1-2-20",
        "2020",
        "Jan 2020",
        "3 January",
        "May",
        "Tuesday",
        "5 pm",
        "10:20",
        "today",
        "yesterday",
        "",
        " ",
        "soon",
        "2025-13-01",
        "30 Feb 2020",
        "20251301",
        "1",
        "0",
        "-1",
        0,
        -1,
        7,
        True,
        None,
        [],
        {},
        "1.2.3.4",
        "1499-12-31",
        "0001-01-01",
        "9999-12-31T23:59:59-05:00",
        float("nan"),
        float("inf"),
        "9" * 5000,
        "x" * 101,
        b"2020",
    ],
)
def test_what_would_be_a_guess_is_none(stated: object) -> None:
    assert parse_date(stated) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.from_regex(r"[0-9]{1,4}[-/. :T][0-9a-zA-Z+:. -]{0,30}")))
def test_parse_date_never_raises(stated: object) -> None:
    found = parse_date(stated)
    assert found is None or (found.utcoffset() == timedelta(0) and found.year >= 1500)


@given(
    st.datetimes(datetime(1500, 1, 1), datetime(2068, 12, 31)), st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%d %b %Y %X"])
)
def test_parse_date_reads_what_was_written(moment: datetime, form: str) -> None:
    written = moment.replace(microsecond=0)
    assert parse_date(written.strftime(form).rjust(19, "0")) == written.replace(tzinfo=UTC)


def test_parse_date_does_not_depend_on_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    try:
        assert parse_date("April 22, 2025 10:00") == datetime(2025, 4, 22, 10, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("published", "updated", "url", "wanted"),
    [
        ("2025-04-22", None, None, Dated(datetime(2025, 4, 22, tzinfo=UTC), "source")),
        (None, "2025-04-22", None, Dated(datetime(2025, 4, 22, tzinfo=UTC), "updated")),
        ("soon", "2025-04-22", None, Dated(datetime(2025, 4, 22, tzinfo=UTC), "updated")),
        (None, None, "https://news.example/2025/04/22/talks", Dated(datetime(2025, 4, 22, tzinfo=UTC), "url")),
        (None, None, "https://news.example/2025/4/2/", Dated(datetime(2025, 4, 2, tzinfo=UTC), "url")),
        (None, None, "https://news.example/2025/04/talks", Dated(None, None)),
        (None, None, "https://[broken/2025/04/22/", Dated(None, None)),
        ("soon", None, None, Dated(None, "source_unreadable")),
        ("2025-04-24T12:00:00", None, None, Dated(datetime(2025, 4, 24, 12, tzinfo=UTC), "source")),
        ("2025-04-24T12:00:01", None, None, Dated(None, "source_in_future")),
        ("", None, None, Dated(None, None)),
    ],
)
def test_date_article(published: object, updated: object, url: str | None, wanted: Dated) -> None:
    assert date_article(published, updated, url, NOW) == wanted
