from datetime import UTC, datetime

import pytest

from transforms.freshness import LONGEST_FRESH, LONGEST_RETRY, fresh_seconds, retry_seconds

NOW = datetime(2025, 4, 22, 10, tzinfo=UTC)
LATER = "Tue, 22 Apr 2025 10:05:00 GMT"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, 0),
        ("120", 120),
        (" 120 ", 120),
        (LATER, 300),
        ("Tue, 22 Apr 2025 09:00:00 GMT", 0),
        ("-5", 0),
        ("soon", 0),
        ("9" * 500, 0),
        ("999999999", LONGEST_RETRY),
        ("Tue, 99 Apr 2025 10:05:00 GMT", 0),
    ],
)
def test_retry_after(value: str | None, wanted: float) -> None:
    assert retry_seconds(value, NOW) == wanted


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, 0),
        ({"Cache-Control": "max-age=600"}, 600),
        ({"Cache-Control": "public, Max-Age = 600"}, 600),
        ({"Cache-Control": 'max-age="600"', "Age": "100"}, 500),
        ({"Cache-Control": "max-age=600", "Age": "x"}, 600),
        ({"Cache-Control": "max-age=600", "Age": "900"}, 0),
        ({"Cache-Control": "s-maxage=600"}, 0),
        ({"Cache-Control": "no-cache, max-age=600"}, 0),
        ({"Cache-Control": "max-age=31536000"}, LONGEST_FRESH),
        ({"Expires": LATER}, 300),
        ({"Expires": LATER, "Date": "Tue, 22 Apr 2025 10:04:00 GMT"}, 60),
        ({"Expires": LATER, "Cache-Control": "max-age=10"}, 10),
        ({"Expires": "0"}, 0),
    ],
)
def test_freshness(headers: dict[str, str], wanted: float) -> None:
    assert fresh_seconds(headers, NOW) == wanted
