import json
import time

import feedparser
import feedparser.api
import feedparser.mixin
import pytest

import transforms.feeds as feeds
from transforms.counters import reset_tally, tally
from transforms.draft import Draft, Flaw
from transforms.feeds import read_feed

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Estmark Daily</title><language>en-GB</language>
<item><title>Roth &amp;amp; Vale meet</title><link>https://estmark.example/1</link>
<guid isPermaLink="false">est-1</guid>
<description>Short.</description>
<content:encoded><![CDATA[<p>The <b>minister</b> agreed.</p><p>Terms&nbsp;follow.</p>]]></content:encoded>
<pubDate>Tue, 22 Apr 2025 10:20:30 +0200</pubDate><author>roth@estmark.example (Adela Roth)</author></item>
<item><title>Only a title</title></item>
<item><title>Repeated</title><description>Repeated</description></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Norvania Wire</title>
<entry><title type="html">&lt;i&gt;Port Selim&lt;/i&gt; shelled</title><id>urn:nv:7</id><link href="https://norvania.example/7"/>
<updated>2025-04-22T08:00:00Z</updated><author><name>Jon Vale</name></author><author><name>Ida Holt</name></author>
<summary>Three people died.</summary></entry></feed>"""

ATOM_03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Old Wire</title>
<entry><title>Talks</title><id>tag:1</id><issued>2004-04-22T08:00:00Z</issued>
<content>Talks went on.</content></entry></feed>"""

RSS_10 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Old</title></channel>
<item rdf:about="https://estmark.example/9"><title>Talks</title><description>Talks went on.</description>
<dc:date>2004-04-22</dc:date><dc:creator>Jon Vale</dc:creator></item></rdf:RDF>"""

RSS_091 = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
"http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>Older</title><item><title>Talks</title>
<description>Talks went on.</description></item></channel></rss>"""


def read(feed: str) -> list[Draft | Flaw]:
    return list(read_feed(feed.encode()))


def one(feed: str) -> Draft:
    (draft,) = read(feed)
    assert isinstance(draft, Draft)
    return draft


def test_rss() -> None:
    first, second, third = read(RSS)
    assert first == Draft(
        position=1,
        title="Roth & Vale meet",
        text="The minister agreed.\n\nTerms follow.",
        external_id="est-1",
        url="https://estmark.example/1",
        language="en-GB",
        authors=("Adela Roth",),
        source_name="Estmark Daily",
        published="Tue, 22 Apr 2025 10:20:30 +0200",
        source_format="rss",
    )
    assert isinstance(second, Draft)
    assert isinstance(third, Draft)
    assert (second.position, second.title, second.text) == (2, "Only a title", "")
    assert (third.title, third.text) == ("Repeated", "")


def test_atom() -> None:
    assert one(ATOM) == Draft(
        position=1,
        title="Port Selim shelled",
        text="Three people died.",
        external_id="urn:nv:7",
        url="https://norvania.example/7",
        language="en",
        authors=("Jon Vale", "Ida Holt"),
        source_name="Norvania Wire",
        updated="2025-04-22T08:00:00Z",
        source_format="atom",
    )


@pytest.mark.parametrize(
    ("feed", "source_format", "dates"),
    [
        (ATOM_03, "atom", ("2004-04-22T08:00:00Z", None)),
        (RSS_10, "rss", (None, "2004-04-22")),
        (RSS_091, "rss", (None, None)),
    ],
)
def test_older_feeds(feed: str, source_format: str, dates: tuple[str | None, str | None]) -> None:
    draft = one(feed)
    assert (draft.title, draft.text, draft.source_format) == ("Talks", "Talks went on.", source_format)
    assert (draft.published, draft.updated) == dates


def test_json_feed() -> None:
    item = {
        "id": 7,
        "url": "https://norvania.example/7",
        "title": "Port Selim",
        "content_html": "<p>Three died.</p>",
        "content_text": "Fewer than <5> died, police said.",
        "date_published": "2025-04-22T08:00:00Z",
        "authors": [{"name": "Jon Vale"}],
    }
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Wire", "language": "en", "items": [item, 5]}
    first, second = read(json.dumps(feed))
    assert first == Draft(
        position=1,
        title="Port Selim",
        text="Fewer than <5> died, police said.",
        external_id="7",
        url="https://norvania.example/7",
        language="en",
        authors=("Jon Vale",),
        source_name="Wire",
        published="2025-04-22T08:00:00Z",
        source_format="json_feed",
    )
    assert second == Flaw(reason="not_an_object", position=2, sample="5")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "not_a_feed"),
        ("Talks went on.", "not_a_feed"),
        ("<html><body>Sign in</body></html>", "not_a_feed"),
        ("<opml/>", "not_a_feed"),
        ('{"items": []}', "not_a_feed"),
        ('{"version": "https://jsonfeed.org/version/1", "items": 5}', "not_a_feed"),
        ('{"version": "https://jsonfeed.org', "bad_json"),
        ('<rss version="2.0"><channel><title>Cut of', "malformed_feed"),
    ],
)
def test_what_is_no_feed_is_one_flaw(data: str, reason: str) -> None:
    (flaw,) = read(data)
    assert isinstance(flaw, Flaw)
    assert flaw.reason == reason


def test_a_broken_feed_keeps_its_entries() -> None:
    reset_tally()
    found = read(RSS.replace("</channel></rss>", "<item><title>Cut & off"))
    assert len(found) == 4
    assert tally() == {"feeds_malformed": 1}


def test_a_feed_without_entries_gives_nothing() -> None:
    reset_tally()
    assert read('<rss version="2.0"><channel><title>New</title></channel></rss>') == []
    assert read('{"version": "https://jsonfeed.org/version/1", "items": []}') == []
    assert tally() == {"feeds_empty": 2}


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        (None, ATOM.replace("Port Selim", "Größe")),
        ("iso-8859-1", ATOM.replace("Port Selim", "Größe")),
    ],
)
def test_a_fetched_feed_has_the_charset_that_the_server_said(charset: str | None, data: str) -> None:
    (draft,) = read_feed(data.encode(charset or "utf-8"), address="https://norvania.example/feed", charset=charset)
    assert isinstance(draft, Draft)
    assert draft.title == "Größe shelled"


def test_links_count_from_the_address_of_the_feed() -> None:
    data = ATOM.replace("https://norvania.example/7", "/seven").encode()
    (draft,) = read_feed(data, address="https://norvania.example/feed")
    assert isinstance(draft, Draft)
    assert draft.url == "https://norvania.example/seven"


@pytest.mark.parametrize("reference", ["&#xD800;", "&#55296;", "&#5;", f"&#{'9' * 6000};", "&#x110000;"])
def test_an_impossible_character_costs_nothing_else(reference: str) -> None:
    drafts = read(RSS.replace("Only a title", f"Only {reference} a title"))
    assert len(drafts) == 3
    assert isinstance(drafts[1], Draft)
    assert drafts[1].title == "Only \ufffd a title"


def test_references_to_real_characters_stay() -> None:
    assert one(RSS_091.replace("Talks went", "Talks&#32;&#x2014;&#128512; went")).text == "Talks —\U0001f600 went on."


def test_feedparser_still_has_what_is_guarded() -> None:
    assert feedparser.api.replace_doctype is feeds._replace_guarded_doctype
    assert feedparser.mixin._FeedParserMixin._sync_author_detail is feeds._sync_short_author_detail
    assert feeds._replace_doctype(b"<rss/>") == (None, b"<rss/>", {})
    assert "replace_doctype" in feedparser.api.parse.__code__.co_names


ITEM = '<rss version="2.0"><channel><title>{}</title><item><title>Talks</title>{}</item></channel></rss>'
ENTITIES = f'<!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]>' + ITEM.format("&a;" * 15_000, "")


@pytest.mark.parametrize(
    "feed",
    [
        ENTITIES,
        f"<!-- <a -->{ENTITIES}",
        ITEM.format("", f"<author>{'a.' * 100_000}</author>"),
        ITEM.format("", f"<description>{'&lt;!-- &lt;a ' * 20_000}</description>"),
    ],
    ids=["entities", "entities behind a comment", "author", "comments"],
)
def test_attacks_end_soon(feed: str) -> None:
    start = time.monotonic()
    assert one(feed).title == "Talks"
    assert time.monotonic() - start < 5
