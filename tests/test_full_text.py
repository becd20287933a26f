from collections.abc import Iterator

import made
import pytest
from eager import run
from loopback import Answer, Loopback, serving

import transforms.full_text
from schemas.article import Article
from transforms.connect import Network
from transforms.fetch import Fetcher, FetchSettings
from transforms.full_text import FetchFullText, FullTextSettings, PageReader, Read
from transforms.turns import Turns

SENTENCE = "Estmark refused to sign part {} of the accord, and said why at length in the hall."
PARAGRAPHS = "".join(f"<p>{SENTENCE.format(number)}</p>" for number in range(9))
HEAD = "<head><title>Estmark refuses</title></head>"
PAGE = f"<html>{HEAD}<body><nav>Home</nav><article>{PARAGRAPHS}</article></body></html>"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        server.routes["/1"] = Answer(PAGE.encode(), headers={"Content-Type": "text/html"})
        yield server


def entry(server: Loopback, path: str = "/1", **changes: object) -> Article:
    fields = {"url": server.url + path, "source_format": "rss", "text": "Estmark refused."}
    return made.article(**(fields | changes))


def reader(max_characters: int = 100_000) -> PageReader:
    return PageReader(Fetcher(Network(allow_private=True), Turns(0), deadline=5), max_characters)


def read(article: Article, **options: int) -> Read:
    (one,) = reader(**options).read([article])
    return one


def reason(one: Read) -> tuple[str, str]:
    assert one.reject
    return one.reject.stage, one.reject.reason


def test_an_entry_gets_the_text_of_its_page(server: Loopback) -> None:
    article = entry(server)
    found = read(article)
    assert found.reject is None
    assert found.article.text.startswith("Estmark refused to sign part 0")
    assert "Home" not in found.article.text
    assert [request.path for request in server.seen] == ["/robots.txt", "/1"]


def test_what_counts_as_changed_is_the_entry(server: Loopback) -> None:
    article = entry(server)
    found = read(article).article
    assert (found.article_id, found.content_hash) == (article.article_id, article.content_hash)
    assert found.text != article.text


def test_a_longer_text_of_the_feed_stays(server: Loopback) -> None:
    article = entry(server, text="Estmark refused. " * 200)
    assert read(article) == Read(article)


@pytest.mark.parametrize(
    ("robots", "wanted"),
    [
        (Answer(b"User-agent: *\nDisallow: /"), ("fetch", "robots")),
        (Answer(b"User-agent: communique\nDisallow: /1"), ("fetch", "robots")),
        (Answer(b"User-agent: other\nDisallow: /"), None),
        (Answer(status=404), None),
        (Answer(status=503), ("fetch", "robots")),
        (Answer(b"\xff\xfe\x00 garbage \n" * 500), None),
    ],
)
def test_robots_txt_is_obeyed(server: Loopback, robots: Answer, wanted: tuple[str, str] | None) -> None:
    server.routes["/robots.txt"] = robots
    article = entry(server)
    found = read(article)
    if wanted is None:
        assert found.reject is None
        return
    assert reason(found) == wanted
    assert found.article == article
    assert [request.path for request in server.seen] == ["/robots.txt"]


def test_a_site_that_does_not_answer_is_asked_once() -> None:
    articles = [made.article(number, url=f"http://127.0.0.1:2/{number}", source_format="rss") for number in range(3)]
    found = reader().read(articles)
    assert [reason(one) for one in found] == [("fetch", "fetch_failed")] * 3
    assert ["did not answer before" in (one.reject.detail if one.reject else "") for one in found] == [
        False,
        True,
        True,
    ]


def test_robots_txt_is_asked_for_once(server: Loopback) -> None:
    server.routes["/2"] = server.routes["/1"]
    reader().read([entry(server), entry(server, "/2")])
    assert sorted(request.path for request in server.seen) == ["/1", "/2", "/robots.txt"]


def test_a_pause_that_robots_txt_asks_for_is_kept(server: Loopback) -> None:
    server.routes["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 0.4")
    fetcher = Fetcher(Network(allow_private=True), Turns(0), deadline=5)
    PageReader(fetcher, 100_000).read([entry(server)])
    with fetcher.turns.turn("127.0.0.1"):
        pass
    assert fetcher.turns._host("127.0.0.1").pause == 0.4


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        (Answer(status=404), ("fetch", "http_status")),
        (Answer(b"%PDF-1.7"), ("read", "no_main_text")),
        (Answer(b""), ("read", "no_main_text")),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), ("fetch", "not_allowed")),
    ],
)
def test_a_page_that_is_none_leaves_the_feeds_text(server: Loopback, page: Answer, wanted: tuple[str, str]) -> None:
    server.routes["/1"] = page
    article = entry(server)
    found = read(article)
    assert (found.article, reason(found)) == (article, wanted)


def test_a_page_that_is_too_long_is_said(server: Loopback) -> None:
    found = read(entry(server), max_characters=300)
    assert reason(found) == ("read", "too_long")


def test_what_is_no_entry_of_a_feed_is_left_alone(server: Loopback) -> None:
    for article in (
        entry(server, source_format="jsonl"),
        entry(server, url=None),
        entry(server, url="ftp://x.example/1"),
    ):
        assert read(article) == Read(article)
    assert server.seen == []


def test_the_transform_keeps_every_article(server: Loopback) -> None:
    settings = FullTextSettings(FetchSettings(allow_private=True, pause=0, deadline=5), 100_000)
    transforms.full_text.page_reader.cache_clear()
    articles = [entry(server, external_id="a"), entry(server, "/none", external_id="b")]
    full, rejects = run(FetchFullText(settings), articles, outputs=("articles", "rejects"))
    assert sorted(len(article.text) > 100 for article in full) == [False, True]
    assert [reject.reason for reject in rejects] == ["http_status"]
