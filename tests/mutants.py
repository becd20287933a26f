"""Valid files of every format, and what Hypothesis makes of them: flipped, cut, repeated, spliced, respelled."""

import bz2
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from hypothesis import strategies as st

ARTICLES = [
    {
        "id": "n1",
        "url": "https://selim.example/2025/04/22/talks",
        "title": "Norvania offers truce talks",
        "text": "PORT SELIM - Norvania offered to hold truce talks with Estmark on Monday.\n\nEstmark refused to talk "
        "“unless the army withdraws from the delta”, Adela Roth said. At least 12 people were killed.",
        "published": "2025-04-22T08:00:00Z",
        "authors": ["Adela Roth", "Jon Vale"],
        "language": "en",
    },
    {
        "id": "n2",
        "url": "https://selim.example/plan?a=1&b=2",
        "title": "Estmark’s café rejects the plan — again",
        "text": "Estmark rejected the three-point plan. “We demand that Norvania release all prisoners,” Roth said. "
        "Nobody was hurt; 3,400 fled. 😀 Naïve œuvre, Ωμέγα, שלום.",
        "published": "Tue, 22 Apr 2025 10:00:00 GMT",
        "authors": ["Jon Vale"],
        "language": "en-GB",
    },
    {
        "id": "n3",
        "url": "https://selim.example/3",
        "title": "Weather",
        "text": "It rained. " * 12,
        "published": "3 MAY 25",
        "authors": [],
        "language": "",
    },
]

Draw = Callable[[st.SearchStrategy], Any]
Articles = list[dict[str, Any]]
Render = Callable[[Articles], bytes]
ESCAPED = "surrogateescape"  # bytes that are no UTF-8 stand in the texts as lone surrogates and come out as they were


@dataclass(frozen=True)
class Case:
    """One file to read: its name's suffixes, its bytes, whether it was named as a feed."""

    suffix: str
    data: bytes
    is_feed: bool


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def rss(articles: Articles) -> bytes:
    items = "".join(
        f"<item><title>{escaped(a['title'])}</title><link>{escaped(a['url'])}</link><guid>{a['id']}</guid>"
        f"<author>vale@selim.example ({', '.join(a['authors'])})</author><pubDate>{a['published']}</pubDate>"
        f"<description><![CDATA[<p>{a['text']}</p><br/>]]></description><category>x</category></item>"
        for a in articles
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Selim Wire</title><language>en</language>{items}</channel></rss>"
    ).encode(errors=ESCAPED)


def atom(articles: Articles) -> bytes:
    entries = "".join(
        f"<entry xml:lang='en'><id>{a['id']}</id><title type='html'>{escaped(a['title'])}</title>"
        f"<link rel='alternate' href='{escaped(a['url'])}'/><updated>{a['published']}</updated>"
        + "".join(f"<author><name>{name}</name><email>a@selim.example</email></author>" for name in a["authors"])
        + f"<content type='html'>&lt;p>{escaped(a['text'])}&lt;/p></content>"
        f"<summary type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>{escaped(a['text'])}</div></summary></entry>"
        for a in articles
    )
    feed = f"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://selim.example/'>{entries}</feed>"
    return feed.encode(errors=ESCAPED)


def rdf(articles: Articles) -> bytes:
    items = "".join(
        f"<item rdf:about='{escaped(a['url'])}'><title>{escaped(a['title'])}</title><link>{escaped(a['url'])}</link>"
        f"<description>{escaped(a['text'])}</description><dc:date>{a['published']}</dc:date></item>"
        for a in articles
    )
    return (
        "<?xml version='1.0'?>\n<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
        "xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        f"<channel><title>Selim</title></channel>{items}</rdf:RDF>"
    ).encode(errors=ESCAPED)


def json_feed(articles: Articles) -> bytes:
    items = [
        {"id": a["id"], "url": a["url"], "title": a["title"], "content_html": f"<p>{a['text']}</p>"}
        | {"date_published": a["published"], "authors": [{"name": name} for name in a["authors"]]}
        for a in articles
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Selim", "language": "en", "items": items}
    return json.dumps(feed, ensure_ascii=False).encode(errors=ESCAPED)


def jsonl(articles: Articles) -> bytes:
    return b"".join(json.dumps(a, ensure_ascii=n == 1).encode(errors=ESCAPED) + b"\n" for n, a in enumerate(articles))


def json_array(articles: Articles) -> bytes:
    return json.dumps(articles, indent=1).encode(errors=ESCAPED)


def json_wrapper(articles: Articles) -> bytes:
    return json.dumps({"status": "ok", "articles": articles}, ensure_ascii=False).encode(errors=ESCAPED)


def csv(articles: Articles) -> bytes:
    rows = [
        ";".join('"' + (", ".join(v) if isinstance(v, list) else v).replace('"', '""') + '"' for v in a.values())
        for a in articles
    ]
    return "\r\n".join([";".join(articles[0]), *rows, ""]).encode(errors=ESCAPED)


def html(articles: Articles) -> bytes:
    a = articles[0]
    body = "".join(f"<p>{escaped(a['text'])} Paragraph {n} of the report.</p>" for n in range(4))
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{a['title']}</title>"
        f"<link rel='canonical' href='{a['url']}'><meta name='author' content='Jon Vale'>"
        f"<meta property='article:published_time' content='{a['published']}'>"
        '<script type=\'application/ld+json\'>{"@type": "NewsArticle", "datePublished": "2025-04-22"}</script>'
        f"</head><body><nav><a href='/'>Home</a></nav><article><h1>{a['title']}</h1>{body}</article></body></html>"
    ).encode(errors=ESCAPED)


def warc(articles: Articles) -> bytes:
    return b"".join(warc_records(articles))


def packed_warc(articles: Articles) -> bytes:
    return b"".join(map(gzip.compress, warc_records(articles)))


def warc_records(articles: Articles) -> list[bytes]:
    page = html(articles)
    heads = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n",
    )
    records = []
    for number, head in enumerate(heads):
        block = head.encode() + page
        header = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
            f"WARC-Target-URI: https://selim.example/{number}\r\nWARC-Date: 2025-04-22T10:00:00Z\r\n"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
        )
        records.append(header.encode() + block + b"\r\n\r\n")
    return records


def parquet(articles: Articles) -> bytes:
    articles = articles * 3
    columns: dict[str, pa.Array] = {key: _strings([a[key] for a in articles]) for key in ("id", "url", "title", "text")}
    columns["published"] = pa.array([datetime(2025, 4, 22, 8, tzinfo=UTC)] * len(articles), pa.timestamp("us", "UTC"))
    return _written(pa.table(columns), compression="none")


def parquet_of_other_types(articles: Articles) -> bytes:
    table = pa.table(
        {
            "id": pa.array([1, 2, None], pa.int64()),
            "title": _strings([a["title"] for a in articles]).dictionary_encode(),
            "text": pa.array([a["text"].encode(errors=ESCAPED) for a in articles], pa.large_binary()),
            "date": pa.array([20_200, -5, None], pa.date32()),
            "source": pa.array([{"name": "Selim"}, {"name": None}, None]),
            "author": pa.array(["Jon Vale; Adela Roth", "", None], pa.large_string()),
        }
    )
    return _written(table, compression="zstd", use_dictionary=["title"])


def _strings(texts: list[str]) -> pa.Array:
    """Return texts as a column, also those that are no valid UTF-8."""
    values = pa.array([text.encode(errors=ESCAPED) for text in texts], pa.binary())
    return pa.Array.from_buffers(pa.string(), len(values), values.buffers())


def _written(table: pa.Table, **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


# For each kind of file its suffix and how articles become one.
KINDS: dict[str, tuple[str, list[Render]]] = {
    "rss": (".rss", [rss]),
    "atom": (".atom", [atom]),
    "rdf": (".xml", [rdf]),
    "json_feed": (".json", [json_feed]),
    "jsonl": (".jsonl", [jsonl]),
    "json": (".json", [json_array, json_wrapper]),
    "csv": (".csv", [csv]),
    "html": (".html", [html]),
    "warc": (".warc", [warc, packed_warc]),
    "parquet": (".parquet", [parquet, parquet_of_other_types]),
}
VALID = [render(ARTICLES) for _, renders in KINDS.values() for render in renders]
PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "iso8859-5", "shift_jis", "utf-7", "cp500")
HOSTILE = [
    *(b"\0", b"\r", b"\r\n", b"\t", b"\x1b[31m", b"\x85", b"\xc2\x85", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"),
    *(b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80", b"\\ud800", b"\\udc00\\ud800", b"\\u0000", b"\\"),
    *(b"&#xD800;", b"&#0;", b"&#x1F;", b"&#" + b"9" * 5_000 + b";", b"&nbsp;", b"&amp;#27;", b"&", b"&zwj;"),
    *(b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!-- <a -->", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"<?", b"<"),
    *(b"<script>", b"</item>", b"</entry>", b"<item>", b"<title/>", b"<content type='xhtml'>", b"<div>" * 500),
    *(b"<?xml version='1.0' encoding='utf-7'?>", b"<meta charset=utf-16>", b" encoding='x'", b" xml:base='http://['"),
    *(b'"', b"'", b'""', b";", b",", b"|", b"{", b"}", b"[", b"]", b"[" * 3_000, b'{"a":' * 3_000, b"null", b"true"),
    *(b"NaN", b"-Infinity", b"1e999", b"-0", b"9" * 5_000, b"0000-00-00", b"9999-12-31T23:59:60+99:99", b"-1e18"),
    *(
        b"0001-01-01T00:00:00+14:00",
        b"a" * 4_000,
        b". " * 2_000,
        b"a@b.c (" * 50,
        b"http://[::1",
        b"//[",
        b"https://u:p@h/",
    ),
    *(b"Content-Length: -5\r\n", b"Content-Length: 99999999999\r\n", b"WARC/1.0\r\n", b"\r\n\r\n", b"HTTP/1.1 200\r\n"),
    *(b"Content-Encoding: gzip\r\n", b"Content-Encoding: br\r\n", b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n"),
    *(b"\x1f\x8b\x08\0", b"BZh9", b"\x28\xb5\x2f\xfd", b"PAR1", b"\xff\xff\xff\x7f", b"\x80\x80\x80\x80\x08"),
    *(
        text.encode()
        for text in ("\u2028", "\u202e", "\ufeff", "\u200d", "e" + "\u0301" * 300, "\ufffe", "İ", "ﬃ", "\u3000")
    ),
]


def _place(draw: Draw, data: bytes) -> int:
    return draw(st.integers(0, len(data)))


def _span(draw: Draw, data: bytes) -> tuple[int, int]:
    start = _place(draw, data)
    return start, min(len(data), start + draw(st.sampled_from([1, 2, 7, 30, 200, 1_000])))


def flip(draw: Draw, data: bytes) -> bytes:
    at = _place(draw, data)
    return data[:at] + bytes(byte ^ 1 << draw(st.integers(0, 7)) for byte in data[at : at + 1]) + data[at + 1 :]


def overwrite(draw: Draw, data: bytes) -> bytes:
    start, end = _span(draw, data)
    return data[:start] + bytes([draw(st.integers(0, 255))]) * (end - start) + data[end:]


def delete(draw: Draw, data: bytes) -> bytes:
    start, end = _span(draw, data)
    return data[:start] + data[end:]


def insert(draw: Draw, data: bytes) -> bytes:
    at = _place(draw, data)
    return data[:at] + draw(st.binary(min_size=1, max_size=8)) + data[at:]


def poison(draw: Draw, data: bytes) -> bytes:
    at = _place(draw, data)
    return data[:at] + draw(st.sampled_from(HOSTILE)) + data[at:]


def repeat(draw: Draw, data: bytes) -> bytes:
    start, end = _span(draw, data)
    return data[:start] + data[start:end] * draw(st.sampled_from([2, 3, 40])) + data[end:]


def swap(draw: Draw, data: bytes) -> bytes:
    (a, b), (c, d) = sorted((_span(draw, data), _span(draw, data)))
    return data if b > c else data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def truncate(draw: Draw, data: bytes) -> bytes:
    return data[: _place(draw, data)]


def splice(draw: Draw, data: bytes) -> bytes:
    """Go on with another file in the middle."""
    other = draw(st.sampled_from(VALID))
    return data[: _place(draw, data)] + other[_place(draw, other) :]


def respell(draw: Draw, data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode(draw(st.sampled_from(ENCODINGS)), "replace")


MUTATIONS = (flip, flip, overwrite, delete, insert, poison, poison, poison, repeat, swap, truncate, splice, respell)


def poisoned(draw: Draw) -> Articles:
    """Return the articles with hostile values in one to three of their fields."""
    articles = [dict(article) for article in ARTICLES]
    for _ in range(draw(st.integers(1, 3))):
        article, key = draw(st.sampled_from(articles)), draw(st.sampled_from(sorted(ARTICLES[0])))
        hostile = draw(st.sampled_from(HOSTILE)).decode(errors=ESCAPED)
        value = article[key]
        at = draw(st.integers(0, len(value)))
        article[key] = [*value, hostile] if isinstance(value, list) else value[:at] + hostile + value[at:]
    return articles


@st.composite
def mutants(draw: Draw, kind: str) -> Case:
    """Return a file with hostile values, or after one to five mutations; some are packed, some broken when packed."""
    suffix, renders = KINDS[kind]
    most = draw(st.sampled_from([0, 5, 5]))
    data = draw(st.sampled_from(renders))(ARTICLES if most else poisoned(draw))
    for mutate in draw(st.lists(st.sampled_from(MUTATIONS), min_size=min(most, 1), max_size=most)):
        data = mutate(draw, data)
    packing = draw(st.sampled_from(["", "", *PACKED]))
    if packing:
        data = PACKED[packing](data)
        for mutate in draw(st.lists(st.sampled_from((flip, truncate, overwrite, splice)), max_size=1)):
            data = mutate(draw, data)
    named = draw(st.sampled_from([suffix, suffix, suffix, ".any"]))
    return Case(named + packing, data, is_feed=draw(st.booleans()) if suffix in (".rss", ".atom", ".xml") else False)
