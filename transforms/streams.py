"""Bytes of a source: opened, decompressed, cut into lines. Damage ends a stream instead of raising in its middle."""

import bz2
import codecs
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import zstandard
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from transforms.bombs import is_bomb
from transforms.clean import bom_encoding
from transforms.counters import count
from transforms.draft import Flaw
from transforms.files import is_address, split_suffixes

LARGEST_DOCUMENT = 15 * 2**20  # bytes of a text, an HTML page or a feed, unpacked
LONGEST_LINE = 16 * 2**20  # bytes
SAMPLE_BYTES = 2_000
_BUFFER = 2**18
_HEAD = 4_096
_PIECE = 1_024  # compressed bytes; one piece unpacks to 40 MB at worst
_DAMAGE = (EOFError, OSError, ValueError, zlib.error, zstandard.ZstdError)
_NEW_FRAME: Mapping[str, Callable[[], Any]] = {
    ".gz": partial(zlib.decompressobj, wbits=31),
    ".bz2": bz2.BZ2Decompressor,
    ".zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
}


class Line(NamedTuple):
    """One line without its end, counted from 1; ``data`` is only its start when the line was too long."""

    number: int
    data: bytes
    too_long: bool


class Stream(io.BufferedReader):
    """The decompressed bytes of one source. ``damage`` is the flaw that ended it before its end."""

    def __init__(self, raw: BinaryIO, compression: str = "") -> None:
        """Read from ``raw``; ``compression`` is a suffix such as ``.gz``."""
        self._unpacked = _Unpacked(raw, compression)
        super().__init__(self._unpacked, _BUFFER)

    @property
    def damage(self) -> Flaw | None:
        """Return what went wrong with the bytes, None as long as nothing did."""
        return self._unpacked.damage

    def head(self) -> bytes:
        """Return the first bytes without moving on."""
        return self.peek(_HEAD)[:_HEAD]


def open_stream(uri: str, compression: str | None = None) -> Stream:
    """Open a local file or one of any Beam filesystem; without ``compression`` its suffix says how it is compressed."""
    if is_address(uri):
        raw = FileSystems.open(uri, compression_type=CompressionTypes.UNCOMPRESSED)
    else:
        raw = io.BufferedReader(_LocalFile(uri))
    return Stream(raw, split_suffixes(uri)[1] if compression is None else compression)


def read_whole(stream: Stream, largest: int = LARGEST_DOCUMENT) -> bytes | None:
    """Return all bytes of a document; None when there are too many or the stream is damaged."""
    data = stream.read(largest + 1)
    return None if len(data) > largest or stream.damage else data


def read_lines(stream: Stream, *, blank: bool = False) -> Iterator[Line]:
    """Yield the lines of a stream as UTF-8; blank ones are counted, but left out unless ``blank``.

    The last line of a damaged stream is left out when it has no end, because it may be only a part.
    """
    source = as_utf8(stream)
    number = 0
    while data := source.readline(LONGEST_LINE + 1):
        number += 1
        too_long = len(data) > LONGEST_LINE and not data.endswith(b"\n")
        if too_long:
            _skip_line(source)
        if stream.damage and not data.endswith(b"\n"):
            return
        data = data.rstrip(b"\r\n")
        if blank or data.strip():
            yield Line(number, data[:SAMPLE_BYTES] if too_long else data, too_long)


def _skip_line(source: io.BufferedReader) -> None:
    """Move behind the end of the line that was begun."""
    while (data := source.readline(_BUFFER)) and not data.endswith(b"\n"):
        pass


def as_utf8(stream: Stream) -> io.BufferedReader:
    """Return the stream without its byte order mark, turned into UTF-8 when the mark says UTF-16 or UTF-32."""
    marked = bom_encoding(stream.head())
    if not marked:
        return stream
    stream.read(marked[1])
    return stream if marked[0] == "utf-8" else io.BufferedReader(_Recoded(stream, marked[0]), _BUFFER)


class _LocalFile(io.FileIO):
    """A file as long as it was when it was opened: what grows while it is read might have no end, as pipes may."""

    def __init__(self, path: str) -> None:
        super().__init__(path, opener=_open_at_once)
        status = os.fstat(self.fileno())
        self._size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise OSError(f"{path} is a pipe or a device, not a file")

    def readinto(self, buffer: Any) -> int | None:
        return super().readinto(memoryview(buffer)[: max(0, self._size - self.tell())])


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for somebody who writes into a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


class _Unpacked(io.RawIOBase):
    """Decompresses; an error becomes the end of the stream and is remembered."""

    def __init__(self, raw: BinaryIO, compression: str) -> None:
        self.damage: Flaw | None = None
        self._raw = raw
        self._file = _decompressor(raw, compression)
        self._stored = self._unpacked = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file is self._raw and self._raw.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def readinto(self, buffer: Any) -> int:
        if self.damage:
            return 0
        try:
            data = self._file.read(len(buffer))
        except _DAMAGE as error:
            self.damage = Flaw(reason="corrupt", detail=str(error) or type(error).__name__)
            return 0
        self._count()
        self._unpacked += len(data)
        if self._file is not self._raw and is_bomb(self._unpacked, self._stored):
            self.damage = Flaw(reason="compression_bomb", detail=f"{self._unpacked} bytes from {self._stored}")
            return 0
        buffer[: len(data)] = data
        return len(data)

    def _count(self) -> None:
        """Count the bytes as stored, for the progress line; it compares them to the size of the file."""
        position = self._raw.tell()
        count("bytes_read", max(0, position - self._stored))
        self._stored = max(position, self._stored)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Recoded(io.RawIOBase):
    """Turns another Unicode encoding into UTF-8."""

    def __init__(self, source: io.BufferedReader, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and (data := self._source.read1(_BUFFER)):
            self._ready = self._decoder.decode(data).encode("utf-8", "replace")
        part, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _decompressor(raw: BinaryIO, compression: str) -> Any:
    new_frame = _NEW_FRAME.get(compression)
    return _Frames(raw, new_frame) if new_frame else raw


class _Frames:
    """Unpacks frames one after the other in small pieces; notices a last one that is cut off."""

    def __init__(self, raw: BinaryIO, new_frame: Callable[[], Any]) -> None:
        self._raw = raw
        self._new_frame = new_frame
        self._frame: Any = None
        self._packed = b""
        self._ready = memoryview(b"")

    def read(self, size: int) -> memoryview:
        """Return up to ``size`` bytes, none at the end."""
        while not self._ready and self._fill():
            pass
        part, self._ready = self._ready[:size], self._ready[size:]
        return part

    def _fill(self) -> bool:
        """Unpack one more piece; False at the end."""
        self._packed = self._packed or self._raw.read(_PIECE)
        if not self._frame:
            self._packed = self._packed.lstrip(b"\0")  # what gzip and tapes fill up with
            self._frame = self._new_frame() if self._packed else None
            return bool(self._frame)
        if not self._packed:
            raise EOFError("the compressed file is cut off")
        self._ready = memoryview(self._frame.decompress(self._packed))
        self._packed = self._frame.unused_data
        self._frame = None if self._frame.eof else self._frame
        return True
