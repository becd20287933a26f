import pytest

from transforms.offsets import lower, unbroken


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Norvania #39;s envoy said no", "Norvania's     envoy said no"),
        ("they won #39;t talk", "they won't     talk"),
        ("the rebels #39; terms", "the rebels'     terms"),
        ("said  quot;no quot; to a  #36;5 million plan", 'said      "no"      to a     $5 million plan'),
        ("five miners\\were killed and 14\\injured", "five miners were killed and 14 injured"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("talks &amp; terms; nothing else", "talks     & terms; nothing else"),
    ],
)
def test_remnants_of_escapes_are_read_in_place(text, read):
    assert unbroken(text) == read
    assert len(read) == len(text)


def test_lower_keeps_the_length():
    assert lower("İstanbul SAYS NO") == "İstanbul says no"
