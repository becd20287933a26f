"""Hostile feeds, and what is to come of each."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from attack import SECRET, Attack, file, put
from hostile_texts import ESCAPES, MEGABYTE, TEXT

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-32")
ITEM = f"<item><title>{TEXT}</title><guid>1</guid></item>"


def rss(more: str = "", head: str = "", item: str = ITEM) -> str:
    return f"{head}<rss version='2.0'><channel><title>Wire</title>{item}{more}</channel></rss>"


def entity_bomb(encoding: str, before: str = "") -> bytes:
    """Return a feed whose one word would be a billion letters."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    declared = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
    head = f"<?xml version='1.0' encoding='{declared}'?>{before}<!DOCTYPE rss [<!ENTITY a0 'a'>{entities}]>"
    mark = "\ufeff" if encoding in {"utf-16-le", "utf-16-be"} else ""
    return (mark + rss("<item><title>&a9;</title><guid>2</guid></item>", head)).encode(encoding)


def quoted_file(folder: Path) -> None:
    """Leave a feed that would quote a file beside it, and one that would quote an address."""
    (folder / "secret").write_text(SECRET)
    for name, address in (("a.xml", f"file://{folder}/secret"), ("b.xml", "http://127.0.0.1:9/secret")):
        head = f"<!DOCTYPE rss [<!ENTITY x SYSTEM '{address}'><!ENTITY % y SYSTEM '{address}'>%y;]>"
        put(folder, {name: rss(f"<item><title>&x;{name}</title><guid>{name}</guid></item>", head)})


def large(more: Callable[[], str], head: str = "") -> Callable[[], str]:
    return lambda: rss(more(), head)


ATTACKS = [
    *(file(f"entities-{encoding}.xml", partial(entity_bomb, encoding), 2) for encoding in ENCODINGS),
    *(file(f"comment-{encoding}.xml", partial(entity_bomb, encoding, "<!-- <a -->"), 2) for encoding in ENCODINGS),
    Attack(name="quoted file", write=quoted_file, articles=4),
    file("author.xml", large(lambda: f"<item><author>{'a.' * MEGABYTE}</author><title>a</title></item>"), 2),
    file("authors.xml", large(lambda: f"<item>{'<author>a@b (c)</author>' * 40_000}<title>a</title></item>"), 2),
    file("comments.xml", large(lambda: "<!-- <a -->" * 500_000), 1),
    file(
        "entries.xml",
        large(lambda: "<item><title>a</title></item>" * 30_000),
        2,
        duplicate=9_998,
        too_many_entries=1,
        alone=True,
    ),
    file("nesting.xml", large(lambda: f"<item><title>a</title>{'<a>' * 100_000}</item>"), 2),
    file("nested-text.xml", large(lambda: f"<item><description>{'&lt;div&gt;' * 100_000}a</description></item>"), 2),
    file("surrogates.xml", rss("<item><title>a&#xD800;&#55296;&#x110000;&#0;b</title></item>"), 2),
    file("references.xml", large(lambda: f"<item><title>&#{'9' * 10_000};a</title></item>"), 2),
    file("title.xml", large(lambda: f"<item><title>{'a ' * 499_000}</title></item>"), 2),
    file("long-title.xml", large(lambda: f"<item><title>{'a ' * MEGABYTE}</title></item>"), 1, too_long=1),
    file(
        "ids.xml",
        rss(
            "<item><guid>../../etc/passwd</guid><title>a</title></item><item><guid>a&#0;b</guid><title>b</title></item>"
        ),
        3,
    ),
    file("escapes.xml", rss(f"<item><title>{ESCAPES}a&#27;[2J</title></item>", item="").encode(), 1),
    file(
        "namespaces.xml",
        large(lambda: "".join(f"<n{n}:a xmlns:n{n}='{n}'/>" for n in range(60_000))),
        too_costly=1,
        alone=True,
    ),
    file("attribute.xml", large(lambda: f"<item a='{'b' * 5 * MEGABYTE}'><title>a</title></item>"), 2),
    file("cdata.xml", large(lambda: f"<item><title>a</title><description><![CDATA[{'<' * MEGABYTE}"), 2),
    file("json-deep.json", '{"version": "https://jsonfeed.org/version/1", "items": ' + "[" * 100_000, bad_json=1),
    file("json-surrogate.json", '{"version": "https://jsonfeed.org/version/1", "items": [{"title": "a\\ud800"}]}', 1),
]
