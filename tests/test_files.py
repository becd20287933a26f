import os
from pathlib import Path

import pytest

from schemas.errors import UsageError, UserError
from transforms.files import expand_inputs, find_feeds, read_feed_list, split_suffixes

OPML = """<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0"><body><outline text="News">
<outline text="Estmark & Norvania" xmlUrl="https://estmark.example/feed?a=1&b=2"/>
<outline text="Twice" XMLURL="https://estmark.example/feed?a=1&amp;b=2"/>
<outline text="Old" xmlUrl="feed://norvania.example/rss"/>
</outline></body></opml>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = "b.jsonl a.txt notes.doc .hidden.txt deep/er/c.csv.gz .git/d.txt deep/with [brackets].html README"
    for name in ["b.jsonl", "a.txt", "notes.doc", ".hidden.txt", "deep/er/c.csv.gz", ".git/d.txt", "deep/[1] x.html"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(names)
    return tmp_path


def names(sources: list, folder: Path) -> list[str]:
    return [os.path.relpath(source.uri, folder) for source in sources]


def test_a_folder_gives_its_readable_files_sorted(folder: Path) -> None:
    assert names(expand_inputs([str(folder)]), folder) == ["a.txt", "b.jsonl", "deep/[1] x.html", "deep/er/c.csv.gz"]


def test_each_file_comes_once(folder: Path) -> None:
    patterns = [str(folder / "a.txt"), str(folder), str(folder / "*.txt"), str(folder / "deep" / ".." / "a.txt")]
    assert len(expand_inputs(patterns)) == 4


def test_paths_are_absolute_and_sized(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (source,) = expand_inputs(["a.txt"])
    assert source.uri == str(folder / "a.txt")
    assert source.size == (folder / "a.txt").stat().st_size


def test_what_is_named_is_read_whatever_its_suffix(folder: Path) -> None:
    assert names(expand_inputs([str(folder / "notes.doc")]), folder) == ["notes.doc"]
    assert names(expand_inputs([str(folder / "**/*.gz")]), folder) == ["deep/er/c.csv.gz"]
    assert names(expand_inputs([str(folder / "deep/[1] x.html")]), folder) == ["deep/[1] x.html"]


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [("nothing.txt", "check the spelling"), ("*.nothing", "nothing matches"), ("empty", "no file with a known suffix")],
)
def test_a_pattern_without_files_is_an_error(tmp_path: Path, pattern: str, hint: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=hint) as caught:
        expand_inputs([str(tmp_path / pattern)])
    assert pattern in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_address_is_no_input_file() -> None:
    with pytest.raises(UsageError, match="--feed"):
        expand_inputs(["https://estmark.example/feed"])


def test_an_unknown_filesystem_is_an_error() -> None:
    with pytest.raises(UserError, match="nosuch://bucket"):
        expand_inputs(["nosuch://bucket/x"])


def test_find_feeds(folder: Path) -> None:
    address = "https://estmark.example/feed"
    (folder / "feeds.txt").write_text(f"{address}\nftp://estmark.example/feed\nmissing.xml\n")
    found = find_feeds([address, str(folder / "notes.doc")], [str(folder / "feeds.txt")])
    assert found.addresses == ("ftp://estmark.example/feed", address)
    assert [(source.uri, source.is_feed) for source in found.files] == [
        (str(folder / "missing.xml"), True),
        (str(folder / "notes.doc"), True),
    ]


def test_a_feed_that_is_named_has_to_be_right(folder: Path) -> None:
    with pytest.raises(UsageError):
        find_feeds(["ftp://estmark.example/feed"], [])
    with pytest.raises(UserError):
        find_feeds([str(folder / "missing.xml")], [])


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.opml", OPML.encode(), ["https://estmark.example/feed?a=1&b=2", "http://norvania.example/rss"]),
        ("a.opml", OPML.replace("utf-8", "utf-16").encode("utf-16"), ["https://estmark.example/feed?a=1&b=2"]),
        ("a.opml", b'<opml><outline text="a "b"" xmlUrl="https://estmark.example/?a&amp;b"/></opml>', None),
        ("a.toml", b'feeds = ["https://estmark.example/a", {url = "https://estmark.example/b"}]', None),
        ("a.toml", b'[[feeds]]\nurl = "https://estmark.example/a"\nname = "A"', None),
        ("a.txt", b"# mine\nhttps://estmark.example/a#part # one\n\n  https://estmark.example/b  ", None),
    ],
)
def test_read_feed_list(tmp_path: Path, name: str, content: bytes, wanted: list[str] | None) -> None:
    (tmp_path / name).write_bytes(content)
    found = read_feed_list(str(tmp_path / name))
    assert all(feed.startswith(("https://estmark.example/", "http://norvania.example/")) for feed in found)
    assert found[: len(wanted or [])] == (wanted or [])


def test_files_in_a_list_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("feeds/estmark.xml")
    assert read_feed_list(str(tmp_path / "list.txt")) == [str(tmp_path / "feeds/estmark.xml")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "# nothing"),
        ("a.toml", "feeds = [1]"),
        ("a.toml", "feeds = ["),
        ("a.opml", "<opml/>"),
        ("a.opml", '<!DOCTYPE o [<!ENTITY x "y">]><opml>&x;</opml>'),
    ],
)
def test_a_list_that_is_none_is_an_error(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=name):
        read_feed_list(str(tmp_path / name))


def test_a_missing_list_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"missing\.opml"):
        read_feed_list(str(tmp_path / "missing.opml"))


@pytest.mark.parametrize(
    ("uri", "wanted"),
    [
        ("/a/B.JSONL.GZ", (".jsonl", ".gz")),
        ("/a/b.csv", (".csv", "")),
        ("/a.d/b", ("", "")),
        ("/a/b.zst", ("", ".zst")),
        ("https://estmark.example/feed.xml?x=1.gz", (".xml", "")),
    ],
)
def test_split_suffixes(uri: str, wanted: tuple[str, str]) -> None:
    assert split_suffixes(uri) == wanted
