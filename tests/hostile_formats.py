"""Hostile Parquet, WARC and HTML, hostile files, and what is to come of each."""

import gzip
import os
import stat
import zlib
from pathlib import Path
from typing import Any

import brotli
import pyarrow as pa
import pyarrow.parquet as pq
from attack import SOME, Attack, file
from hostile_texts import MEGABYTE, TEXT, row


def dictionary_bomb(size: int, rows: int) -> bytes:
    """Return a table whose every row is the same long text, which is stored once."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * size], pa.large_string()))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": texts}), sink, compression="zstd", dictionary_pagesize_limit=2**30)
    return sink.getvalue().to_pybytes()


def parquet(**columns: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd", use_dictionary=False)
    return sink.getvalue().to_pybytes()


def claim_rows(data: bytes) -> bytes:
    """Return a Parquet file whose footer claims 2^62 rows: the zigzag varint of 3 becomes one of nine bytes."""
    footer = int.from_bytes(data[-8:-4], "little")
    start = len(data) - 8 - footer
    meta = data[start:-8]
    varint, value = b"", 2**63
    while value:
        varint += bytes([value & 0x7F | (0x80 if value > 0x7F else 0)])
        value >>= 7
    meta = meta.replace(b"\x16\x06", b"\x16" + varint)
    return data[:start] + meta + len(meta).to_bytes(4, "little") + b"PAR1"


def parquets() -> list[Attack]:
    good = parquet(text=[TEXT])
    return [
        file("rows.parquet", claim_rows(good), 1),
        file("cut.parquet", good[:-20], unreadable=1, says="magic bytes"),
        file("magic.parquet", b"PARX" + good[4:-4] + b"PARX", unreadable=1, says="magic bytes"),
        file("footer.parquet", good[:-8] + b"\xff\xff\xff\x7fPAR1", unreadable=1, says="footer"),
        file("zeros.parquet", b"PAR1" + bytes(10_000) + b"\x10\x27\0\0PAR1", unreadable=1, says="thrift"),
        file("dictionary.parquet", lambda: dictionary_bomb(MEGABYTE, 10_000), compression_bomb=1, says="column text"),
        file("dictionary-large.parquet", lambda: dictionary_bomb(30 * MEGABYTE, 300), compression_bomb=1),
        file(
            "dictionary-small.parquet",
            lambda: dictionary_bomb(20_000, 10_000),
            1,
            duplicate=SOME,
            compression_bomb=1,
            alone=True,
        ),
        file("pages.parquet", lambda: parquet(text=["x" * 2_000] * 50_000), compression_bomb=1),
        file("lists.parquet", lambda: parquet(text=[["x"] * 10**6]), compression_bomb=1),
        file("columns.parquet", lambda: parquet(**{f"c{n}": [1] for n in range(20_000)}), no_text_column=1),
        file(
            "nulls.parquet",
            lambda: parquet(text=pa.nulls(3_000_000, pa.string())),
            empty=SOME,
            compression_bomb=1,
            alone=True,
        ),
    ]


def page(length: object = None, body: bytes = b"", http: bytes = b"") -> bytes:
    """Return a WARC record; ``http`` is the whole answer of the server in place of one with ``body``."""
    http = http or b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/1\r\n"
    length = len(http) if length is None else length
    return f"{head}Content-Length: {length}\r\n\r\n".encode() + http + b"\r\n\r\n"


HTML = (
    b"<html><body><article>"
    + b"<p>Estmark refused to hold talks with Norvania on Monday, the minister said in Selim.</p>" * 5
    + b"</article></body></html>"
)


def archives() -> list[Attack]:
    good = page(body=HTML)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%s\r\n\r\n"
    zeros, encoding = bytes(200 * MEGABYTE), b"Content-Encoding: "
    return [
        file("length.warc", good + page(body=HTML, length=2**62) + good, 1, bad_warc=1, says="shorter than it says"),
        file("negative.warc", good + page(body=HTML, length=SOME) + good, 1, bad_warc=1),
        file("word.warc", page(body=HTML, length="many") + good, bad_warc=1),
        file("digits.warc", page(body=HTML, length="9" * 10_000) + good, bad_warc=1),
        file("header.warc", lambda: b"WARC/1.0\r\nX: " + b"x" * 10 * MEGABYTE + b"\r\n\r\n" + good, bad_warc=1),
        file("headers.warc", lambda: b"WARC/1.0\r\n" + b"X: x\r\n" * 500_000 + b"\r\n" + good, bad_warc=1, alone=True),
        file("line.warc", lambda: b"WARC/1.0\r\n" + b"x" * 100 * MEGABYTE, bad_warc=1),
        file("records.warc", page() * 2_000 + good, 1, no_main_text=2_000),
        file("packed-twice.warc.gz", gzip.compress(gzip.compress(good)), 1),
        file("members.warc.gz", lambda: gzip.compress(b"") * 50_000 + gzip.compress(good), 1),
        file("gzip.warc", lambda: page(http=head % (encoding + b"gzip") + gzip.compress(zeros)), too_large=1),
        file("deflate.warc", lambda: page(http=head % (encoding + b"deflate") + zlib.compress(zeros)), too_large=1),
        file(
            "brotli.warc",
            lambda: page(http=head % (encoding + b"br") + brotli.compress(zeros, quality=1)),
            unreadable=1,
        ),
        file("chunks.warc", page(http=head % b"Transfer-Encoding: chunked" + b"FFFFFFFFFF\r\nabc"), no_main_text=1),
    ]


def pages() -> list[Attack]:
    article = HTML.decode()
    start = "<html><body><article>"
    return [
        file("divs.html", "<div>" * 100_000 + article, no_main_text=1),
        file("spans.html", f"{start}<p>" + "<span>" * 100_000 + article, no_main_text=1),
        file("tables.html", "<table><tr><td>" * 50_000 + article, no_main_text=1),
        file(
            "attributes.html",
            lambda: f"<p {' '.join(f'a{n}=1' for n in range(10**6))}>{article}",
            too_costly=1,
            alone=True,
        ),
        file("attribute.html", lambda: '<html><body><p class="' + "x " * 5_000_000 + f'">{article}', 1, alone=True),
        file("less-than.html", lambda: "<" * (15 * MEGABYTE - 10), no_main_text=1, alone=True),
        file("entities.html", lambda: f"{start}<p>" + "&amp;&lt;&#x41;&nothing;" * 400_000, too_long=1, alone=True),
        file("comments.html", lambda: "<!--" * 3_000_000, no_main_text=1),
        file("paragraphs.html", lambda: start + f"<p>{TEXT}</p>" * 100_000, too_costly=1, says="4 seconds", alone=True),
        file("inline.html", lambda: f"{start}<p>" + "<b>x</b> " * 100_000 + article, too_costly=1, alone=True),
        file(
            "links.html",
            lambda: "<html><body>" + '<a href="x">y</a>' * 500_000,
            too_costly=1,
            says="300 MB",
            alone=True,
        ),
        file("json.html", lambda: f'<script type="application/ld+json">{"[" * 10**6}</script>{article}', 1),
        file(
            "title.html", lambda: "<html><head><title>" + "Jon - " * 10**6 + f"</title></head>{article}", 1, alone=True
        ),
        file("dtd.html", f'<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>{article}&b;', 1),
    ]


def pipes(folder: Path) -> None:
    """Leave what blocks or never ends where files are looked for."""
    os.mkfifo(folder / "pipe.jsonl")
    os.mkfifo(folder / "pipe.txt.gz")
    os.mknod(folder / "zero.txt", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    (folder / "zero.jsonl").symlink_to("/dev/zero")
    (folder / "random.csv").symlink_to("/dev/urandom")


def name_pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "pipe")
    return [f"--input={folder / 'pipe'}"]


def name_devices(folder: Path) -> list[str]:
    return ["--input=/dev/zero", "--input=/dev/stdin"]


def loops(folder: Path) -> None:
    (folder / "up").symlink_to(folder)
    (folder / "a.txt").symlink_to(folder / "b.txt")
    (folder / "b.txt").symlink_to(folder / "a.txt")
    (folder / "nowhere.txt").symlink_to(folder / "absent")
    (folder / "folder.jsonl").symlink_to(folder)
    deep = folder
    for _ in range(100):
        deep = deep / ("d" * 20)
        deep.mkdir()
    (deep / "deep.txt").write_text("Estmark refused to hold talks.")


def closed(folder: Path) -> None:
    (folder / "closed").mkdir()
    (folder / "closed" / "a.txt").write_text("Estmark refused to hold talks.")
    (folder / "closed.txt").write_text("Estmark refused to hold talks.")
    (folder / "closed").chmod(0)
    (folder / "closed.txt").chmod(0)


def names(folder: Path) -> None:
    """Leave files whose names are hostile; each is an article, or a reject, of its own."""
    raw = os.fsencode(folder)
    for number, name in enumerate(
        (
            b"line\nbreak",
            b"\x1b[2J\x1b]0;owned\x07",
            b"\xe2\x80\xaegnp",
            b"caf\xe9",
            b"[red]x[bold]",
            b"a..%2f..",
            b"-rf",
        )
    ):
        with open(raw + b"/" + name + b".jsonl", "w") as file:
            file.write(row(id=str(number), text=f"Estmark refused to hold talks {number}.") + "broken\n")
    (folder / ("n" * 248 + ".jsonl")).write_text(row(id="long", text="Estmark refused."))


def special_files() -> list[Attack]:
    return [
        Attack(name="pipes", write=pipes, rejects={"unreadable": 5}, says="a pipe or a device"),
        Attack(name="named pipe", write=name_pipe, rejects={"unreadable": 1}, says="a pipe or a device"),
        Attack(name="devices", write=name_devices, rejects={"unreadable": 2}, says="a pipe", source="/dev/"),
        Attack(name="loops", write=loops, articles=1, rejects={"unreadable": 3}, says="symbolic links"),
        Attack(name="closed", write=closed, rejects={"unreadable": 2}, says="Permission denied"),
        Attack(name="names", write=names, articles=8, rejects={"bad_json": 7}),
    ]


ATTACKS = [*parquets(), *archives(), *pages(), *special_files()]
