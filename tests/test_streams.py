import bz2
import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

import transforms.streams
from transforms.streams import Line, Stream, open_stream, read_lines, read_whole

LINES = b"".join(b'{"text": "Day %d of the talks in Port Selim."}\n' % day for day in range(20_000))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    "": bytes,
}


def stream(data: bytes, compression: str = "") -> Stream:
    return Stream(io.BytesIO(data), compression)


@pytest.mark.parametrize("compression", PACKERS)
def test_files_of_several_parts_are_read_to_their_end(compression: str) -> None:
    pack = PACKERS[compression]
    opened = stream(pack(LINES[:100_000]) + pack(b"") + pack(LINES[100_000:]), compression)
    assert opened.read() == LINES
    assert opened.damage is None


@pytest.mark.parametrize("compression", [".gz", ".bz2", ".zst"])
@pytest.mark.parametrize("lost", [1, 1_000])
def test_a_cut_off_file_gives_what_can_be_read(compression: str, lost: int) -> None:
    noise = b"".join(gzip.compress(b"%d" % number)[-8:].hex().encode() + b"\n" for number in range(60_000))
    opened = stream(PACKERS[compression](noise)[:-lost], compression)
    lines = list(read_lines(opened))
    assert opened.damage
    assert b"".join(line.data + b"\n" for line in lines) == noise[: 17 * len(lines)]
    assert len(lines) >= (60_000 if lost == 1 and compression == ".gz" else 1 if compression == ".bz2" else 30_000)


@pytest.mark.parametrize("compression", [".gz", ".bz2", ".zst"])
def test_what_is_not_compressed_is_damaged(compression: str) -> None:
    opened = stream(LINES, compression)
    assert list(read_lines(opened)) == []
    assert opened.damage


def test_lines_are_counted_and_blank_ones_left_out() -> None:
    data = b"\xef\xbb\xbfone\r\n\n  \ntwo"
    assert list(read_lines(stream(data))) == [Line(1, b"one", False), Line(4, b"two", False)]
    assert [line.data for line in read_lines(stream(data), blank=True)] == [b"one", b"", b"  ", b"two"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_lines_of_other_unicode_encodings(encoding: str) -> None:
    assert [line.data.decode() for line in read_lines(stream("ä\nöß\n".encode(encoding)))] == ["ä", "öß"]


def test_a_long_line_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transforms.streams, "LONGEST_LINE", 10)
    monkeypatch.setattr(transforms.streams, "_BUFFER", 7)
    data = b"0123456789\n" + b"x" * 100 + b"\nshort\n" + b"y" * 11
    found = list(read_lines(stream(data)))
    assert [(line.number, line.too_long) for line in found] == [(1, False), (2, True), (3, False), (4, True)]


def test_a_document_has_a_largest_size() -> None:
    assert read_whole(stream(b"12345"), 5) == b"12345"
    assert read_whole(stream(b"123456"), 5) is None


@pytest.mark.parametrize("compression", [".gz", ".bz2", ".zst"])
def test_what_unpacks_to_far_too_much_ends(compression: str) -> None:
    opened = stream(PACKERS[compression](LINES[:1_000]) + PACKERS[compression](bytes(20_000_000)), compression)
    assert len(opened.read()) < 1_000_000
    assert opened.damage is not None
    assert opened.damage.reason == "compression_bomb"


def test_a_small_file_may_unpack_to_anything() -> None:
    opened = stream(gzip.compress(bytes(100_000)), ".gz")
    assert len(opened.read()) == 100_000
    assert opened.damage is None


def test_zeros_that_fill_up_a_packed_file_are_no_damage() -> None:
    opened = stream(gzip.compress(LINES) + bytes(5_000), ".gz")
    assert opened.read() == LINES
    assert opened.damage is None


def test_a_file_that_grows_is_read_as_far_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "growing.jsonl"
    path.write_bytes(LINES)
    with open_stream(str(path)) as opened, path.open("ab") as file:
        start = opened.read(10)
        file.write(LINES)
        file.flush()
        assert start + opened.read() == LINES


def test_a_file_that_shrinks_and_vanishes_ends(tmp_path: Path) -> None:
    path = tmp_path / "vanishing.jsonl"
    path.write_bytes(LINES)
    with open_stream(str(path)) as opened:
        start = opened.read(10)
        os.truncate(path, 300_000)
        path.unlink()
        assert start + opened.read() == LINES[:300_000]


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(OSError, match="a pipe or a device"):
            open_stream(str(path))
