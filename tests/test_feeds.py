import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import feedparser
import feedparser.api
import feedparser.mixin
import pytest

import transforms.feeds as feeds
from transforms.draft import Draft, Feed, Flaw
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
    return list(read_feed(feed.encode()).records)


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
    feed = read_feed(RSS.replace("</channel></rss>", "<item><title>Cut & off").encode())
    assert len(feed.records) == 4
    assert feed.is_malformed
    assert not read_feed(RSS.encode()).is_malformed


@pytest.mark.parametrize(
    "data",
    [
        '<rss version="2.0"><channel><title>New</title></channel></rss>',
        '{"version": "https://jsonfeed.org/version/1", "items": []}',
    ],
)
def test_a_feed_without_entries_is_empty(data: str) -> None:
    assert read_feed(data.encode()) == Feed()
    assert Feed().is_empty


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        (None, ATOM.replace("Port Selim", "Größe")),
        ("iso-8859-1", ATOM.replace("Port Selim", "Größe")),
    ],
)
def test_a_fetched_feed_has_the_charset_that_the_server_said(charset: str | None, data: str) -> None:
    data_ = data.encode(charset or "utf-8")
    (draft,) = read_feed(data_, address="https://norvania.example/feed", charset=charset).records
    assert isinstance(draft, Draft)
    assert draft.title == "Größe shelled"


@pytest.mark.parametrize("head", ["", "<?xml version='1.0'?>", "<?xml version='1.0' encoding='{}'?>"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_unicode_needs_no_declaration(encoding: str, head: str) -> None:
    data = (head.format(encoding.removesuffix("-sig")) + ATOM.replace("Port Selim", "Größe")).encode(encoding)
    for charset in (None, "iso-8859-1"):
        (draft,) = read_feed(data, address="https://norvania.example/feed", charset=charset).records
        assert isinstance(draft, Draft)
        assert draft.title == "Größe shelled"


def test_links_count_from_the_address_of_the_feed() -> None:
    data = ATOM.replace("https://norvania.example/7", "/seven").encode()
    (draft,) = read_feed(data, address="https://norvania.example/feed").records
    assert isinstance(draft, Draft)
    assert draft.url == "https://norvania.example/seven"


@pytest.mark.parametrize("address", [None, "https://norvania.example/feed", "https://estmark.example/moved"])
def test_an_id_does_not_change_with_the_address(address: str | None) -> None:
    link = "<link>https://norvania.example/7</link>"
    (draft,) = read_feed(ITEM.format("", f"<guid>nv-7</guid>{link}").encode(), address=address).records
    assert isinstance(draft, Draft)
    assert (draft.external_id, draft.url) == ("nv-7", "https://norvania.example/7")


def test_an_id_that_is_the_only_link_counts_from_the_address() -> None:
    data = ITEM.format("", "<guid>/2025/04/22/talks</guid>").encode()
    (draft,) = read_feed(data, address="https://norvania.example/feed").records
    assert isinstance(draft, Draft)
    assert draft.external_id == "/2025/04/22/talks"
    assert draft.url == "https://norvania.example/2025/04/22/talks"


@pytest.mark.parametrize("reference", ["&#xD800;", "&#55296;", "&#5;", f"&#{'9' * 6000};", "&#x110000;"])
def test_an_impossible_character_costs_nothing_else(reference: str) -> None:
    drafts = read(RSS.replace("Only a title", f"Only {reference} a title"))
    assert len(drafts) == 3
    assert isinstance(drafts[1], Draft)
    assert drafts[1].title == "Only \ufffd a title"


def test_references_to_real_characters_stay() -> None:
    assert one(RSS_091.replace("Talks went", "Talks&#32;&#x2014;&#128512; went")).text == "Talks —\U0001f600 went on."


def test_the_language_of_the_summary_counts() -> None:
    assert one(ATOM.replace("<summary>", '<summary xml:lang="fr">')).language == "fr"


def test_feedparser_still_has_what_is_guarded() -> None:
    assert feedparser.api.replace_doctype is feeds._replace_guarded_doctype
    assert feedparser.mixin._FeedParserMixin._sync_author_detail is feeds._sync_short_author_detail
    assert feeds._replace_doctype(b"<rss/>") == (None, b"<rss/>", {})
    names = feedparser.api.parse.__code__.co_names
    assert names.index("convert_to_utf8") < names.index("replace_doctype") < names.index("make_parser")
    for parser in (feedparser.api.StrictFeedParser, feedparser.api.LooseFeedParser):
        assert parser._start_item is parser._start_entry is feeds._start_counted_item
        assert parser._end_guid is parser._end_id is feeds._end_stated_guid
        assert "id" not in parser.can_be_relative_uri
        assert parser._start_links is parser._end_links is feeds._pass_over


def test_a_reader_of_feeds_starts_without_the_pipeline() -> None:
    code = (
        "import sys, transforms.document_reader; sys.exit(bool({'apache_beam', 'spacy', 'pyarrow'} & set(sys.modules)))"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0


ITEM = '<rss version="2.0"><channel><title>{}</title><item><title>Talks</title>{}</item></channel></rss>'
TAGS = ("authors", "contributors", "enclosures", "links", "title_detail", "summary_detail", "author_detail", "language")


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("attribute", ["", " a='b'"])
def test_elements_with_names_of_feedparser_cost_nothing(tag: str, attribute: str) -> None:
    common = "<link>https://estmark.example/1</link><author>Jon Vale</author><enclosure url='a'/>"
    draft = one(ITEM.format("", f"<{tag}{attribute}>x</{tag}>{common}"))
    assert (draft.title, draft.url, draft.authors) == ("Talks", "https://estmark.example/1", ("Jon Vale",))


def test_authors_may_stand_in_a_list() -> None:
    authors = "<authors><author>Jon Vale</author><author>Ida Holt</author></authors>"
    assert one(ITEM.format("", authors)).authors == ("Jon Vale", "Ida Holt")


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_entries_behind_the_first_ten_thousand_are_one_flaw(encoding: str, broken: bool) -> None:
    items = [f"<item><title>Talks {number}</title></item>" for number in range(10_003)]
    items[5] = items[5].replace("Talks", "&" if broken else "Talks")
    *drafts, last = read_feed(f"<rss><channel>{''.join(items)}</channel></rss>".encode(encoding)).records
    assert len(drafts) == 10_000
    assert isinstance(drafts[-1], Draft)
    assert drafts[-1].title == "Talks 9999"
    assert last == Flaw(reason="too_many_entries", detail="there are about 10003, read were the first 10000")


def test_ten_thousand_entries_are_not_too_many() -> None:
    items = "<item/>" * 10_000
    assert len(read(f"<rss><channel>{items}</channel></rss>")) == 10_000


def test_items_of_a_json_feed_are_limited_too() -> None:
    data = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"title": "a"}] * 10_001})
    assert read(data)[10_000:] == [Flaw(reason="too_many_entries", detail="there are 10001, read were the first 10000")]


BODY = ITEM.format("said &a;", "<description>&a; &b;</description>")
ENTITIES = f'<!DOCTYPE r [\n<!ENTITY a "{"x" * 50}">\n<!ENTITY b "&a;&a;&a;">\n]>'
COMMENT = "<!-- <a -->"  # hides what follows from feedparser's own search for entities
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-be",
    "iso-8859-1",
    "cp037",
    "utf-7",
)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("head", [ENTITIES, COMMENT + ENTITIES], ids=["plain", "behind a comment"])
def test_entities_are_dropped_in_every_encoding(head: str, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    feed = f"<?xml version='1.0' encoding='{declared}'?>{head}{BODY}".encode(encoding)
    check_entities(feed)


def check_entities(feed: bytes) -> None:
    (draft,) = read_feed(feed).records
    assert isinstance(draft, Draft)
    assert draft.title == "Talks"
    assert "xx" not in f"{draft.text}{draft.source_name}"


@pytest.mark.parametrize(
    ("encoding", "declaration"),
    [
        ("utf-8", "<!ENT<!ENTITYITY"),
        ("utf-8", "<!E<!ENTITYNTITY"),
        ("utf-7", "+ADwAIQBFAE4AVABJAFQAWQ-"),
        ("unicode_escape", r"\x3c!ENTITY"),
    ],
)
def test_entities_cannot_be_hidden(encoding: str, declaration: str) -> None:
    head = (COMMENT + ENTITIES).replace("<!ENTITY", declaration)
    check_entities(f"<?xml version='1.0' encoding='{encoding}'?>{head}{BODY}".encode())


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE r [<!ENTITY a SYSTEM "{}">]>',
        '<!DOCTYPE r [<!ENTITY % b SYSTEM "{}"> %b;]>',
        '<!DOCTYPE r SYSTEM "{}">',
        '<!DOCTYPE r PUBLIC "-//Norvania//Wire" "{}" [<!ENTITY a SYSTEM "{}">]>',
        '<?xml-stylesheet type="text/xsl" href="{}"?>',
    ],
)
@pytest.mark.parametrize("before", ["", COMMENT])
def test_nothing_outside_is_opened(tmp_path: Path, listener: socket.socket, head: str, before: str) -> None:
    sentinel = tmp_path / "sentinel"
    sentinel.write_text("<!ENTITY a 'secret'>secret")
    for address in (sentinel.as_uri(), str(sentinel), f"http://127.0.0.1:{listener.getsockname()[1]}/a"):
        feed = before + head.replace("{}", address) + ITEM.format("&a;", "<description>said &a;</description>")
        draft = one(feed)
        assert "secret" not in f"{draft.text}{draft.source_name}"
        assert draft.title == "Talks"
    with pytest.raises(BlockingIOError):  # nobody has called
        listener.accept()


@pytest.mark.parametrize(
    "feed",
    [
        ENTITIES.replace("x", "x" * 1_000) + ITEM.format("&a;" * 15_000, ""),
        COMMENT + ENTITIES.replace("x", "x" * 1_000) + ITEM.format("&a;" * 15_000, ""),
        ITEM.format("", f"<author>{'a.' * 100_000}</author>"),
        ITEM.format("", "<author>roth@estmark.example (Adela Roth)</author>" * 20_000),
        ITEM.format("", f"<description>{'&lt;!-- &lt;a ' * 20_000}</description>"),
        ITEM.format("", "<!-- a -->" * 200_000),
        ITEM.format("", "<!-- <a " * 200_000),
        ITEM.format("", "<a>" * 100_000 + "</a>" * 100_000),
        ITEM.format("", "<a>" * 100_000),
        ITEM.format("", f"<description>{'&lt;div>' * 100_000}</description>"),
        ITEM.format("", f"<link a='{'x' * 2**20}'/>"),
        ITEM.format("", "<n:a/>" * 1000).replace("<rss", "<rss " + " ".join(f"xmlns:n{n}='a{n}'" for n in range(5000))),
    ],
    ids=[
        "entities",
        "entities behind a comment",
        "author",
        "authors",
        "comments",
        "xml comments",
        "open",
        "deep",
        "deep open",
        "deep html",
        "attribute",
        "ns",
    ],
)
def test_attacks_end_soon(feed: str) -> None:
    start = time.process_time()
    assert one(feed).title == "Talks"
    assert time.process_time() - start < 5
