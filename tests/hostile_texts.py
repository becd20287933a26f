"""Hostile texts, JSON and CSV, plain and compressed, and what is to come of each."""

import bz2
import gzip
import json
import zlib
from collections.abc import Callable
from functools import partial

import zstandard
from attack import Attack, file, put

MEGABYTE = 2**20
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\r\x08"
FORMULA = "=cmd|' /C calc'!A0"
TEXT = "Estmark refused to hold talks."
DATES = (
    *("0", "99999", "-1", "1e300", "1e18", "253402300800", "true", "[1]", '{"a": 1}', '"0000-00-00"', '"99999-01-01"'),
    *('"-0001-01-01"', '"9999-12-31T23:59:59-23:59"', '"0001-01-01T00:00+23:59"', '"2025-04-22T10:00+99:99"'),
    *(f'"{"9" * 100}"', f'"{"1 " * 49}"', f'"{"9" * MEGABYTE}"'),
)


def row(**fields: object) -> str:
    return json.dumps({"id": "attack"} | fields) + "\n"


def repeated(pack: Callable[[bytes], bytes], piece: bytes, start: bytes) -> bytes:
    """Return a gigabyte of a piece, packed as members or frames one behind the other."""
    block = piece * (2 * MEGABYTE // len(piece))
    return pack(start + block) + pack(block) * 511


def one_stream() -> bytes:
    """Return a quarter of a gigabyte of zeros as one gzip member."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(256)) + packer.flush()


def large_window() -> bytes:
    """Return zstd that asks for a window of two gigabytes."""
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=31, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(b"x" * 10_000) + packer.flush()


def bombs() -> list[Attack]:
    """Return what unpacks to a gigabyte, or would like to."""
    packers = {"gz": gzip.compress, "bz2": bz2.compress, "zst": zstandard.compress}
    article, element = row(text="Three people were killed in Selim. " * 20), row(text=TEXT).replace("\n", ",")
    contents = {
        "one-line.jsonl": ('{"text": "', "x"),
        "lines.jsonl": ("", "not json\n"),
        "articles.jsonl": ("", article),
        "text.txt": ("", "A man was killed in Selim on Monday. "),
        "rows.csv": ("id,text\n", f"1,{TEXT}\n"),
        "array.json": ("[", element),
        "page.html": ("<html>", "<p>Estmark refused.</p>"),
    }
    return [
        file(f"{name}.{suffix}", partial(repeated, pack, piece.encode(), start.encode()), compression_bomb=1)
        for name, (start, piece) in contents.items()
        for suffix, pack in packers.items()
    ] + [
        file("zeros.txt.gz", one_stream, compression_bomb=1, says="bytes from"),
        file("packed-twice.jsonl.gz", lambda: gzip.compress(one_stream()), compression_bomb=1),
        file("members.jsonl.gz", lambda: gzip.compress(b"") * 50_000 + gzip.compress(row(text=TEXT).encode()), 1),
        file("window.txt.zst", large_window, corrupt=1, says="memory"),
        file("damaged.jsonl.gz", gzip.compress(row(text=TEXT).encode() * 9)[:-20], corrupt=1),
    ]


FLOODS: dict[str, Callable[[], str]] = {
    "word": lambda: "a" * MEGABYTE,
    "if": lambda: "if " * 50_000,
    "killed": lambda: "killed " * 50_000,
    "not": lambda: "not " * 50_000,
    "said": lambda: 'said "' * 50_000,
    "figures": lambda: "1," * 500_000,
    "digits": lambda: "7" * MEGABYTE,
    "number": lambda: "7" * 10_000 + " people were killed.",
    "numerals": lambda: "one hundred thousand million " * 10_000,
    "parentheses": lambda: "(" * MEGABYTE,
    "quotes": lambda: '"' * MEGABYTE,
    "commas": lambda: "," * MEGABYTE,
    "periods": lambda: "." * MEGABYTE,
    "letters": lambda: "a." * (MEGABYTE // 2),
    "ends": lambda: 'abc."' * (MEGABYTE // 5),
    "titles": lambda: "Mr. " * (MEGABYTE // 4),
    "clauses": lambda: "he said, " * 100_000 + "people were killed.",
    "brackets": lambda: "[{<" * 300_000,
    "killed-lines": lambda: "12 people were killed.\n" * 10_000,
    "refused-names": lambda: "Adela Roth, Jon Vale, " * 40_000 + "refused.",
    "dates": lambda: "on Monday 3 March 2025 killed " * 30_000,
    "places": lambda: "Paris, London, Berlin, killed " * 30_000,
    "combining": lambda: "a" + "\u0301" * 500_000,
    "hyphens": lambda: "killed-" * 140_000,
    "apostrophes": lambda: "'s killed " * 100_000,
    "spaces": lambda: "killed" + " " * 900_000 + "people",
    "tabs": lambda: "killed\t" * 140_000,
    "ellipses": lambda: "… " * 500_000,
    "urls": lambda: "https://a.example/" + "a/" * 400_000,
    "dashes": lambda: "- " * 500_000,
}


COSTLY = frozenset({"ends", "titles", "killed-lines", "ellipses", "apostrophes"})


def flood(name: str, text: Callable[[], str]) -> Attack:
    """Return the attack by a text that stands in a file and in a title."""

    def cut() -> str:
        return text()[:999_999]

    content = {"a.txt": cut, "b.jsonl": lambda: row(title=cut())}
    return Attack(name=name, write=partial(put, content=content), articles=2, alone=name in COSTLY)


def characters() -> list[Attack]:
    return [
        file("surrogates.jsonl", row(id="\ud800", title="\udfff", text=TEXT + "\ud800"), 1),
        file("invalid.txt", TEXT.encode() + b" \xff\xfe\xc3\x28 \x80", 1),
        file("overlong.txt", TEXT.encode() + b" \xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf \xed\xa0\x80", 1),
        file(
            "escapes.jsonl",
            row(title=ESCAPES, text=TEXT + ESCAPES, id=ESCAPES, url=ESCAPES, source=ESCAPES, language="\x1b[1m")
            + row(text=f"Estmark{ESCAPES} refused{ESCAPES} to hold talks with Nor{ESCAPES}vania.", authors=[ESCAPES])
            + ESCAPES
            + "\n"
            + '{"\\u001b[2J": 1}',
            articles=2,
            bad_json=1,
            empty=1,
        ),
        file("escapes.csv", f"id,text,\x1b[2J\n1,2,3,\x1b[2J\n2,\x1b]0;owned\x07{TEXT},\n", 1, bad_csv=1),
        file("columns.csv", "\x1b[2J,x\n1,2\n", says="the columns are [2J, x", no_text_column=1),
        file("nul.jsonl", row(id="a\0b", text=TEXT + "\0", url="https://a.example/\0") + row(text="\0"), 1, empty=1),
        file("newlines.txt", lambda: "\n" * MEGABYTE, empty=1),
        file("newlines.csv", lambda: 'id,text\n1,"' + "\n" * MEGABYTE + '"\n', bad_csv=2, alone=True),
        file("nul.txt", TEXT + "\0" * 1000, 1),
        file("nul.csv", f"id,text\n1,{TEXT}\0\n\0\n2,{TEXT}\n".encode(), 2, bad_csv=1),
        file(
            "ids.jsonl",
            lambda: (
                row(id="../../../etc/passwd", text=TEXT)
                + row(id="i" * MEGABYTE, text=TEXT)
                + row(id={"a": [1]}, text=TEXT)
            ),
            articles=3,
        ),
        file(
            "urls.jsonl",
            lambda: (
                row(url="https://a.example/" + "u" * MEGABYTE, text=TEXT, id=None)
                + row(url="http://[::1", text=TEXT, id="b")
                + row(url="javascript:alert(1)", text=TEXT, id="c")
            ),
            articles=3,
        ),
        file("formulas.jsonl", row(title=FORMULA, text=f"{FORMULA}\n{TEXT}"), 1),
        file(
            "markup.jsonl", row(title="[bold red]x[/]", text=f"[link=file:///etc]Estmark[/link] refused {TEXT} [/]"), 1
        ),
    ]


def values() -> list[Attack]:
    text = f'"text": "{TEXT}"'
    return [
        file("deep.jsonl", "[" * 100_000 + "\n" + '{"text":' * 100_000, bad_json=2, says="recursion"),
        file("deep.json", "[" * 100_000, bad_json=1, says="recursion"),
        file("deep-object.json", '{"a":' * 100_000, bad_json=1, says="recursion"),
        file("deep-closed.json", "[" * 100_000 + "]" * 100_000, bad_json=1),
        file(
            "deep-elements.json",
            "[" + ",".join("[" * depth + "]" * depth for depth in range(50, 950, 50)) + "]",
            not_an_object=18,
        ),
        file("keys.jsonl", lambda: "{" + ",".join(f'"k{n}": 1' for n in range(1_000_000)) + "}\n", empty=1, alone=True),
        file(
            "keys-too-long.jsonl", lambda: "{" + ",".join(f'"k{n}": {n}' for n in range(10**6)) + "}", line_too_long=1
        ),
        file("twice.jsonl", f'{{{text}, "text": "no", {text}, "id": 1, "id": 2}}\n', 1),
        file("not-finite.jsonl", f'{{{text}, "id": NaN, "published": Infinity, "title": -Infinity}}\n', 1),
        file("exponents.jsonl", f'{{{text}, "id": 1e999999}}\n{{{text}, "id": 1e300, "published": -1e300}}\n', 2),
        file("integers.jsonl", f'{{{text}, "id": {"7" * 10_000}}}\n{{{text}, "id": {"7" * 4_000}}}\n', 1, bad_json=1),
        file(
            "dates.jsonl",
            "".join(f'{{{text}, "id": {n}, "published": {date}}}\n' for n, date in enumerate(DATES)),
            articles=len(DATES),
        ),
        file(
            "types.jsonl",
            '{"text": [[["a"]], {"name": {"name": 1}}, true, null, 1.5], "authors": {"a": 1}, "source": [{}]}',
            articles=1,
        ),
        file("array.json", '[{"text": ' * 3, bad_json=1),
        file("numbers.json", lambda: "[" + "1," * 300_000 + "1]", not_an_object=10_000, mostly_bad=1, alone=True),
        file("lines.jsonl", lambda: "x\n" * 500_000, bad_json=10_000, mostly_bad=1, alone=True, says="10000 bad ones"),
        file(
            "quote.csv",
            lambda: b'id,text\n1,"' + b"Estmark refused.\n" * (100 * MEGABYTE // 17),
            bad_csv=10_000,
            mostly_bad=1,
            alone=True,
            says="not closed",
        ),
        file("quote-line.csv", lambda: b'id,text\n1,"' + b"x" * 100 * MEGABYTE, bad_csv=1, says="16 MiB"),
        file("quote-long-lines.csv", lambda: b'id,text\n1,"' + (b"x," * 500_000 + b"\n") * 20, bad_csv=20),
        file("quotes.csv", lambda: b"id,text\n" + b'1,"x\n' * 200_000, bad_csv=10_000, mostly_bad=1, alone=True),
        file("many-columns.csv", lambda: ",".join(f"c{n}" for n in range(10**6)) + "\n", no_text_column=1),
        file("many-cells.csv", lambda: f"id,text\n1{',' * 10**6}\n2,{TEXT}\n", 1, bad_csv=1),
        file("many-empty-columns.csv", lambda: "text" + ",x" * 10**6 + f"\n{TEXT}" + "," * 10**6 + "\n", 1),
    ]


ATTACKS = [
    *bombs(),
    *(flood(*each) for each in FLOODS.items()),
    *characters(),
    *values(),
]
