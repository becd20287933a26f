"""Write rows into shards that no reader sees, sorted and ready to be merged into the tables."""

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.article import Article
from schemas.event import Event, TaggedArticle
from schemas.ids import stable_id
from schemas.reject import DETAIL_CHARACTERS, SAMPLE_CHARACTERS, Reject
from schemas.tables import TABLES, PartitionBy, partition_folder

# Columns that a staged row has beside the table's own: where it goes, its place there, and the input record it is of.
PARTITION, KEY, RECORD = "_partition", "_key", "_record"
STAGED: Mapping[str, pa.Schema] = {
    name: pa.schema(
        [pa.field(column, pa.string(), nullable=False) for column in (PARTITION, KEY, RECORD)] + list(schema)
    )
    for name, schema in TABLES.items()
}
# Small row groups, as merging reads a sorted shard range by range.
_ROW_GROUP = 512
_MAX_ROWS = 20_000
_MAX_CHARACTERS = 16_000_000
# Characters of what each event repeats of its article: thousands of events can repeat a headline of a megabyte.
LONGEST_TITLE, LONGEST_URL = 500, 2_000
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NO_DATE = "~"  # sorts behind every digit

_DOES_NOT_FIT = (pa.ArrowException, OverflowError, TypeError, ValueError)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StageSettings:
    """Where a run stages its rows and what it writes into every one of them."""

    folder: str
    run_id: str
    partition_by: PartitionBy
    tagger_version: str
    model_name: str


def published_key(published_at: datetime | None) -> str:
    """Return a text that sorts as the times do, unknown ones last."""
    if published_at is None:
        return _NO_DATE
    return f"{(published_at - _EPOCH) // _MICROSECOND:018d}"


def record_id(article: Article) -> str:
    """Return the id of the input record: the same content read from two places is two records."""
    return stable_id(article.article_id, article.content_hash, article.source_uri, article.position)


def _placed(article: Article, settings: StageSettings) -> Row:
    record = record_id(article)
    folder = partition_folder(article.published_at, settings.partition_by)
    key = "|".join((folder, published_key(article.published_at), article.article_id, record))
    return {PARTITION: folder, KEY: key, RECORD: record, "run_id": settings.run_id}


def article_row(tagged: TaggedArticle, settings: StageSettings) -> Row:
    """Return the article as a staged row."""
    article = tagged.article
    return _placed(article, settings) | {
        "article_id": article.article_id,
        "external_id": article.external_id,
        "revision": article.revision,
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "language": article.language,
        "authors": list(article.authors),
        "source_name": article.source_name,
        "source_uri": article.source_uri,
        "source_position": article.position,
        "source_format": article.source_format,
        "published_at": article.published_at,
        "published_from": article.published_from,
        "fetched_at": article.fetched_at,
        "content_hash": article.content_hash,
        "char_count": len(article.text),
        "sentence_count": tagged.sentence_count,
        "event_count": len(tagged.events),
    }


def event_row(article: Article, event: Event, settings: StageSettings) -> Row:
    """Return an event as a staged row; offsets of the trigger become offsets into the article's field."""
    sentence, found = event.sentence, asdict(event.finding)
    start, end = found["trigger_start"], found["trigger_end"]
    return (
        _placed(article, settings)
        | found
        | {
            "event_id": event.event_id(article),
            "article_id": article.article_id,
            "revision": article.revision,
            "sentence": sentence.text,
            "sentence_index": sentence.index,
            "sentence_field": sentence.field,
            "sentence_start": sentence.start,
            "sentence_end": sentence.end,
            "trigger_text": sentence.text[start:end],
            "trigger_start": sentence.start + start,
            "trigger_end": sentence.start + end,
            "published_at": article.published_at,
            "article_title": article.title and article.title[:LONGEST_TITLE],
            "article_url": article.url and article.url[:LONGEST_URL],
            "source_name": article.source_name and article.source_name[:LONGEST_TITLE],
            "tagger_version": settings.tagger_version,
            "model_name": settings.model_name,
        }
    )


def reject_row(reject: Reject, settings: StageSettings) -> Row:
    """Return a reject as a staged row, in the partition of the time when it was rejected."""
    now = datetime.now(UTC)
    folder = partition_folder(now, settings.partition_by)
    position = "" if reject.position is None else f"{reject.position:012d}"
    return {
        PARTITION: folder,
        KEY: "|".join((folder, reject.stage, reject.source_uri, position, reject.reject_id)),
        RECORD: reject.reject_id,
        "reject_id": reject.reject_id,
        "stage": reject.stage,
        "source_uri": reject.source_uri,
        "position": reject.position,
        "reason": reject.reason,
        "detail": reject.detail[:DETAIL_CHARACTERS],
        "sample": reject.sample,
        "run_id": settings.run_id,
        "rejected_at": now,
    }


def staged_tables(items: Sequence[TaggedArticle | Reject], settings: StageSettings) -> dict[str, pa.Table]:
    """Return the rows of the items as one Arrow table each; a table without rows is left out."""
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for item in items:
        if isinstance(item, Reject):
            rows["rejects"].append(reject_row(item, settings))
        else:
            rows["articles"].append(article_row(item, settings))
            rows["events"] += [event_row(item.article, event, settings) for event in item.events]
    return {name: pa.Table.from_pylist(rows[name], STAGED[name]) for name in TABLES if rows[name]}


def writable(item: TaggedArticle | Reject, settings: StageSettings) -> TaggedArticle | Reject:
    """Return the item, or a reject in its place when its values do not fit the columns."""
    try:
        staged_tables([item], settings)
    except _DOES_NOT_FIT as error:
        article = item.article if isinstance(item, TaggedArticle) else None
        return Reject(
            stage="write",
            source_uri=article.source_uri if article else "unknown",
            position=article.position if article else None,
            reason="unwritable",
            detail=f"A value does not fit its column: {error}",
            sample=article.text[:SAMPLE_CHARACTERS].encode(errors="replace").decode() if article else None,
        )
    return item


class ShardWriter:
    """Collects items and writes their rows as shards: a folder with a file per table, visible only when complete."""

    def __init__(self, settings: StageSettings) -> None:
        self._settings = settings
        self._items: list[TaggedArticle | Reject] = []
        self._rows = self._characters = 0

    def add(self, item: TaggedArticle | Reject) -> None:
        """Take a tagged article with its events, or a reject."""
        self._items.append(item)
        if isinstance(item, TaggedArticle):
            self._rows += len(item.events)
            self._characters += len(item.article.text)
        if self._characters >= _MAX_CHARACTERS or len(self._items) + self._rows >= _MAX_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what was collected and forget it."""
        try:
            tables = staged_tables(self._items, self._settings)
        except _DOES_NOT_FIT:
            tables = staged_tables([writable(item, self._settings) for item in self._items], self._settings)
        if tables:
            write_shard(Path(self._settings.folder), tables)
        self._items = []
        self._rows = self._characters = 0


def write_shard(staging: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write the tables, each sorted by its key, as one shard under the staging folder."""
    name = uuid.uuid4().hex
    hidden = staging / f".{name}"
    hidden.mkdir(parents=True)
    try:
        for table, rows in tables.items():
            pq.write_table(
                rows.sort_by(KEY), hidden / f"{table}.parquet", row_group_size=_ROW_GROUP, compression="zstd"
            )
        os.rename(hidden, staging / name)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def staged_files(staging: Path, table: str) -> list[Path]:
    """Return the files of one table in all complete shards."""
    return sorted(staging.glob(f"[!.]*/{table}.parquet"))


def staged_flaws(staging: Path) -> dict[str, tuple[str, str]]:
    """Return reason and detail of the rejects that stand for a whole file or feed, by its address."""
    columns = ["source_uri", "position", "reason", "detail"]
    tables = (pq.read_table(path, columns=columns, partitioning=None) for path in staged_files(staging, "rejects"))
    rows = (row for table in tables for row in table.filter(pc.field("position").is_null()).to_pylist())
    return {row["source_uri"]: (row["reason"], row["detail"]) for row in rows}


class _StageRowsFn(beam.DoFn):
    """Write each bundle's rows as shards; nothing is passed on."""

    def __init__(self, settings: StageSettings) -> None:
        self._settings = settings

    def start_bundle(self) -> None:
        self._writer = ShardWriter(self._settings)

    def process(self, item: TaggedArticle | Reject) -> Iterator[None]:
        self._writer.add(item)
        return iter(())

    def finish_bundle(self) -> None:
        self._writer.flush()


@dataclass
class StageRows(beam.PTransform[beam.PCollection[Any], beam.PCollection[None]]):
    """Stage rows of tagged articles and rejects: TaggedArticle | Reject -> nothing."""

    settings: StageSettings

    def expand(self, items: beam.PCollection[Any]) -> beam.PCollection[None]:
        """Wire the writer."""
        done: beam.PCollection[None] = items | "WriteShards" >> beam.ParDo(_StageRowsFn(self.settings))
        return done
