from transforms.draft import Draft, Flaw
from transforms.html import read_page

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Estmark rejects plan | Estmark Daily</title>
<meta property="og:title" content="Estmark rejects plan"><meta property="og:site_name" content="Estmark Daily">
<meta property="article:published_time" content="2025-04-22T10:20:30+02:00"><meta name="author" content="Adela Roth">
<link rel="canonical" href="https://estmark.example/plan"></head>
<body><nav><a href="/">Home</a> <a href="/world">World</a></nav><article><h1>Estmark rejects plan</h1>
<p>The government of Estmark rejected the ceasefire plan on Tuesday, saying that its terms were out of date.</p>
<p>Norvania had offered to withdraw from Port Selim if both sides agreed to release all prisoners first.</p>
<p>Größere Verluste, a spokesman called them: three people died and nine were hurt, he told reporters there.</p>
</article><footer>All rights reserved</footer></body></html>"""


def test_a_page_gives_its_article() -> None:
    (draft,) = read_page(PAGE.encode()).records
    assert isinstance(draft, Draft)
    assert draft.title == "Estmark rejects plan"
    assert draft.text is not None
    assert draft.text.startswith("The government of Estmark rejected")
    assert "Größere Verluste" in draft.text
    assert "\nNorvania had offered" in draft.text
    assert "Home" not in draft.text
    assert (draft.url, draft.published, draft.language) == ("https://estmark.example/plan", "2025-04-22", "en-GB")
    assert (draft.authors, draft.source_name) == (("Adela Roth",), "Estmark Daily")


def test_a_stated_charset_counts() -> None:
    page = PAGE.replace("<head>", '<head><meta charset="iso-8859-1">').encode("iso-8859-1")
    (draft,) = read_page(page).records
    assert isinstance(draft, Draft)
    assert "Größere" in (draft.text or "")


def test_the_address_that_it_came_from_goes_first() -> None:
    (draft,) = read_page(PAGE.encode(), url="https://mirror.example/1").records
    assert isinstance(draft, Draft)
    assert draft.url == "https://mirror.example/1"


def test_a_page_without_article_is_a_flaw() -> None:
    for page in (b"", b"<html></html>", b"\x00\x01\x02", b"<" * 1000):
        (flaw,) = read_page(page).records
        assert isinstance(flaw, Flaw)
        assert flaw.reason == "no_main_text"
