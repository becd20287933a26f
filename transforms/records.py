"""Records of JSONL, JSON, CSV and TSV files as drafts of articles, and of whatever else has named fields."""

import csv
import difflib
import io
import itertools
import json
import math
import re
import tomllib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from schemas.errors import UsageError
from transforms.clean import decode
from transforms.draft import Draft, Flaw
from transforms.streams import LONGEST_LINE, SAMPLE_BYTES, Line, Stream, as_utf8, read_lines

LARGEST_JSON = 64 * 2**20  # bytes of a .json file that is one object
LONGEST_ROW = 20_000  # lines of one CSV row: a quote that is never closed takes no more with it
_CHUNK = 2**18
_SEPARATORS = re.compile(r"[\s,]*")
_DELIMITERS = ",;\t|"

_MAPPINGS: dict[str, Any] = tomllib.loads(files("transforms").joinpath("mappings.toml").read_text("utf-8"))
_DEFAULT: Mapping[str, Sequence[str]] = _MAPPINGS.pop("default")
_WRAPPERS: Sequence[str] = _MAPPINGS.pop("wrappers")["keys"]
PRESETS: Mapping[str, Mapping[str, str]] = _MAPPINGS
FIELDS = tuple(_DEFAULT)


def parse_mapping(specs: Iterable[str]) -> Mapping[str, str]:
    """Return our field -> their column for presets and ``field=column`` pairs; later ones win.

    Raises UsageError for a preset or field that does not exist.
    """
    mapping: dict[str, str] = {}
    for spec in specs:
        field, separator, column = (part.strip() for part in spec.partition("="))
        if separator and column and field in FIELDS:
            mapping[field] = column
        elif not separator and field in PRESETS:
            mapping.update(PRESETS[field])
        else:
            raise UsageError(_mapping_error(spec, field, bool(separator)))
    return mapping


def _mapping_error(spec: str, field: str, is_pair: bool) -> str:
    known = FIELDS if is_pair else tuple(PRESETS)
    near = difflib.get_close_matches(field, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    wanted = "FIELD=COLUMN with a field of ours" if is_pair else "FIELD=COLUMN or a preset"
    return f"--map {spec}: expected {wanted}; {hint}"


def read_jsonl(stream: Stream, mapping: Mapping[str, str]) -> Iterator[Draft | Flaw]:
    """Yield a draft or flaw for each line that is not blank."""
    return (_draft_of_line(line, mapping) for line in read_lines(stream))


def read_json(stream: Stream, mapping: Mapping[str, str]) -> Iterator[Draft | Flaw]:
    """Yield drafts and flaws of a file that holds an array, an object with a list, one object, or lines of objects."""
    if stream.head().lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        return _read_array(stream, mapping)
    lines = read_lines(stream)
    start = list(itertools.islice(lines, 2))
    if len(start) == 2 and isinstance(_parsed(decode(start[0].data)), dict):
        return (_draft_of_line(line, mapping) for line in itertools.chain(start, lines))
    return _read_object(itertools.chain(start, lines), mapping)


def _draft_of_line(line: Line, mapping: Mapping[str, str]) -> Draft | Flaw:
    if line.too_long:
        return Flaw(reason="line_too_long", position=line.number, sample=line.data)
    return draft_of_value(_parsed(decode(line.data)), line.number, mapping, sample=line.data)


def _parsed(text: str) -> Any:
    """Return the value of JSON text, or the error that stands for it."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        return error


def draft_of_value(
    value: Any, position: int, mapping: Mapping[str, str], *, sample: str | bytes | None = None
) -> Draft | Flaw:
    """Return the draft of a JSON value that should be an object."""
    if isinstance(value, dict):
        return draft_of_row(value, position, mapping)
    if isinstance(value, Exception):
        return Flaw(reason="bad_json", detail=str(value), position=position, sample=sample)
    kind = type(value).__name__
    return Flaw(reason="not_an_object", detail=kind, position=position, sample=sample or json.dumps(value))


def _read_object(lines: Iterable[Line], mapping: Mapping[str, str]) -> Iterator[Draft | Flaw]:
    """Read one object over all lines: an article, or a wrapper around a list of articles."""
    parts: list[str] = []
    size = 0
    for line in lines:
        size += len(line.data) + 1
        if line.too_long or size > LARGEST_JSON:
            yield Flaw(reason="line_too_long" if line.too_long else "too_large", sample=line.data[:SAMPLE_BYTES])
            return
        parts.append(decode(line.data))
    text = "\n".join(parts)
    value = _parsed(text) if text else {}
    rows = _wrapped(value)
    for position, row in enumerate([value] if rows is None else rows, start=1):
        if row or text:
            yield draft_of_value(row, position, mapping, sample=text[:SAMPLE_BYTES])


def _wrapped(value: Any) -> list[Any] | None:
    """Return the list that an object wraps, None when it is an article itself."""
    if not isinstance(value, dict) or "text" in value:
        return None
    return next((value[key] for key in _WRAPPERS if isinstance(value.get(key), list)), None)


def _read_array(stream: Stream, mapping: Mapping[str, str]) -> Iterator[Draft | Flaw]:
    """Read the elements of an array one by one. What follows a broken element cannot be found again and is lost."""
    source = io.TextIOWrapper(as_utf8(stream), encoding="utf-8", errors="replace", newline="")
    decoder = json.JSONDecoder(strict=False)
    buffer, position, more = source.read(_CHUNK), 1, True
    at = buffer.index("[") + 1
    while True:
        at += len(_SEPARATORS.match(buffer, at)[0])  # type: ignore[index]
        try:
            value, end = decoder.raw_decode(buffer, at) if buffer[at : at + 1] != "]" else (None, 0)
        except (ValueError, RecursionError) as error:
            if not more or len(buffer) - at > LONGEST_LINE:
                if not stream.damage:
                    reason = "line_too_long" if more else "bad_json"
                    yield Flaw(
                        reason=reason, detail=str(error), position=position, sample=buffer[at : at + SAMPLE_BYTES]
                    )
                return
            chunk = source.read(max(_CHUNK, len(buffer) - at))
            buffer, at, more = buffer[at:] + chunk, 0, bool(chunk)
            continue
        if not end:
            return
        yield draft_of_value(value, position, mapping)
        at, position = end, position + 1


def read_csv(stream: Stream, mapping: Mapping[str, str]) -> Iterator[Draft | Flaw]:
    """Yield a draft or flaw for each row; the first row names the columns, and shows what separates them.

    Quotes have to be right and every row as long as the first. A row with a quote that is not closed is rejected by
    itself: reading goes on with the next line.
    """
    csv.field_size_limit(LONGEST_LINE)
    lines = _Rewindable(read_lines(stream, blank=True))
    delimiter = max(_DELIMITERS, key=lines.first_line().count)
    header: list[str] = []
    for row in _read_rows(lines, delimiter):
        if isinstance(row, Flaw):
            yield row
        elif not header:
            header = [name.strip() for name in row.cells]
            if flaw := missing_text(header, mapping):
                yield flaw
                return
        elif len(row.cells) != len(header):
            detail = f"{len(row.cells)} cells under {len(header)} column names"
            yield Flaw(reason="bad_csv", detail=detail, position=row.position, sample=delimiter.join(row.cells))
        else:
            yield draft_of_row(dict(zip(header, row.cells, strict=True)), row.position, mapping)


class _Row(NamedTuple):
    position: int
    cells: list[str]


class _Rewindable:
    """Hands lines to the CSV reader and takes back those that belong to no row."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._returned: deque[Line] = deque()
        self.taken: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.taken.append(line)
        if line.too_long:
            raise csv.Error("a line is longer than 16 MiB")
        if len(self.taken) > LONGEST_ROW:
            raise csv.Error(f"a quote is not closed within {LONGEST_ROW} lines")
        return decode(line.data) + "\n"

    def first_line(self) -> str:
        """Return the first line without taking it."""
        self._returned.extend(itertools.islice(self._lines, 1))
        return decode(self._returned[0].data) if self._returned else ""

    def rewind(self) -> None:
        """Take back all lines of the row but the first."""
        self._returned.extendleft(reversed(self.taken[1:]))


def _read_rows(lines: _Rewindable, delimiter: str) -> Iterator[_Row | Flaw]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            first = lines.taken[0]
            yield Flaw(reason="bad_csv", detail=str(error), position=first.number, sample=first.data)
            lines.rewind()
            continue
        if cells is None:
            return
        if any(cells):
            yield _Row(lines.taken[0].number, cells)


def missing_text(names: Sequence[str], mapping: Mapping[str, str]) -> Flaw | None:
    """Return the flaw of a table without a column for text or title."""
    columns = columns_of(mapping)
    if any(column.partition(".")[0] in names for field in ("text", "title") for column in columns[field]):
        return None
    return Flaw(reason="no_text_column", detail=f"the columns are {', '.join(names)}")


def draft_of_row(row: Mapping[str, Any], position: int, mapping: Mapping[str, str]) -> Draft:
    """Return the draft of a record: for each field the first of its columns that holds something."""
    found = {field: _first(row, columns) for field, columns in columns_of(mapping).items()}
    title, text = _text(found["title"]), _text(found["text"])
    return Draft(
        position=position,
        title=title,
        text=text,
        external_id=_text(found["id"]),
        url=_text(found["url"]),
        language=_text(found["language"]),
        authors=_names(found["authors"]),
        source_name=_text(found["source"]),
        published=_stated(found["published"]),
        updated=_stated(found["updated"]),
        keys=() if title or text else tuple(row),
    )


def columns_of(mapping: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Return the columns of each field, the mapped one before the default ones."""
    if not mapping:
        return _DEFAULT
    return {field: [mapping[field], *columns] if field in mapping else columns for field, columns in _DEFAULT.items()}


def _first(row: Mapping[str, Any], columns: Sequence[str]) -> Any:
    for column in columns:
        value = row.get(column)
        if value is None and "." in column:
            value = _inner(row, column.split("."))
        if value is not None and value != "":
            return value
    return None


def _inner(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str | None:
    """Return a value as text; a list gives a line for each element."""
    if isinstance(value, list):
        return "\n".join(part for part in map(_single_text, value) if part)
    return _single_text(value)


def _single_text(value: Any) -> str | None:
    """Return a single value as text: numbers in figures, objects by their name."""
    if isinstance(value, Mapping):
        value = value.get("name")
    if isinstance(value, bytes):
        return decode(value)
    if isinstance(value, float):
        return None if math.isnan(value) else str(int(value) if value.is_integer() else value)
    return None if value is None or isinstance(value, list | Mapping) else str(value)


def _names(value: Any) -> tuple[str, ...]:
    """Return authors: the elements of a list, or the parts of a text between semicolons."""
    values = value if isinstance(value, list) else (_text(value) or "").split(";")
    return tuple(name for name in map(_single_text, values) if name)


def _stated(value: Any) -> Any:
    return decode(value) if isinstance(value, bytes) else value
