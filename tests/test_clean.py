import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.clean import clean_language, clean_line, clean_text, decode, html_to_text

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("given_text", "wanted"),
    [
        ("  Norvania agreed.\r\nEstmark did not.\r", "Norvania agreed.\nEstmark did not."),
        ("ten\xa0people\u2009died\u3000here", "ten people died here"),
        ("a\x00b\x07c\x1bd\x9fe\tf", "abcde\tf"),
        ("cease\xadfire\u200b talks\ufeff", "ceasefire talks"),
        ("one\u2028two\x85three\x0cfour", "one\ntwo\nthree\nfour"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("a pair \ud83d\ude00", "a pair \U0001f600"),
        ("خانه\u200cها", "خانه\u200cها"),
        ("", ""),
    ],
)
def test_clean_text(given_text: str, wanted: str) -> None:
    assert clean_text(given_text) == wanted


@given(ANY_TEXT)
def test_clean_text_is_valid_and_stays_as_it_is(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert clean_text(cleaned) == cleaned
    assert not [character for character in cleaned if ord(character) < 32 and character not in "\n\t"]


@given(ANY_TEXT)
def test_html_to_text_never_raises(markup: str) -> None:
    html_to_text(markup).encode("utf-8")
    html_to_text(f"<p>{markup}<b>").encode("utf-8")


def test_clean_line() -> None:
    assert clean_line(" Roth:\n\t no\xa0 talks ") == "Roth: no talks"
    assert clean_line(" \n ") is None
    assert clean_line(None) is None


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [("en", "en"), (" en_GB ", "en-GB"), ("the English language", None), ("", None), (None, None), ("x" * 36, None)],
)
def test_clean_language(stated: str | None, wanted: str | None) -> None:
    assert clean_language(stated) == wanted


@pytest.mark.parametrize(
    ("data", "declared", "wanted"),
    [
        ("Größe".encode(), None, "Größe"),
        ("\ufeffGröße".encode(), "latin-1", "Größe"),
        ("Größe".encode("utf-16"), None, "Größe"),
        ("“Größe”".encode("cp1252"), "ISO-8859-1", "“Größe”"),
        ("Größe".encode("latin-1"), None, "Gr\ufffd\ufffde"),
        (b"talks", "idna", "talks"),
        (b"talks", "no-such-charset", "talks"),
        (b"talks", "hex", "talks"),
    ],
)
def test_decode(data: bytes, declared: str | None, wanted: str) -> None:
    assert decode(data, declared) == wanted


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ("Talks &amp; terms", "Talks & terms"),
        ("First line\nSecond line", "First line\nSecond line"),
        ("<p>Estmark\n agreed.</p><p>Norvania <b>did</b> not.</p>", "Estmark agreed.\n\nNorvania did not."),
        ("Terms:<ul><li>one</li><li>two</li></ul>", "Terms:\n\none\ntwo"),
        ("One<br/>two", "One\ntwo"),
        ("<style>p {}</style><p>Shown</p><script>if (a < b) {}</script>", "Shown"),
        ("Shown<iframe src='a'><b>old browser</b></iframe> too", "Shown too"),
        ("Fewer than 5 < 6 <i>dead</i>", "Fewer than 5 < 6 dead"),
        ("<p>3&nbsp;dead&#8212;police</p>", "3 dead—police"),
        ("<table><tr><td>Dead</td><td>3</td></tr><tr><td>Hurt</td><td>9</td></tr></table>", "Dead 3\nHurt 9"),
        ("<p>never closed", "never closed"),
        ("<!-- only a comment -->", ""),
        ("<div>" * 3000 + "deep", "deep"),
    ],
)
def test_html_to_text(markup: str, wanted: str) -> None:
    assert html_to_text(markup) == wanted


def test_a_reference_of_thousands_of_digits_is_one_unknown_character() -> None:
    assert html_to_text(f"5 &#{'9' * 5_000}; &#0000000065;") == "5 \ufffd A"
    assert html_to_text(f"<p>5 &#{'9' * 5_000}; A</p>").endswith("A")
