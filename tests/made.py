"""Records made for tests."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from pipeline.commit import commit, prepare, recover
from pipeline.output import Output
from schemas.article import Article
from schemas.event import Event, Finding, TaggedArticle
from schemas.reject import Reject
from schemas.sentence import Sentence
from schemas.tables import PartitionBy
from transforms.stage import ShardWriter, StageSettings

APRIL = datetime(2025, 4, 22, 10, tzinfo=UTC)


def article(number: int = 1, **changes: Any) -> Article:
    """Return an article of its own; ``changes`` replace fields."""
    fields: dict[str, Any] = {
        "title": f"Estmark rejects plan {number}",
        "text": f"Estmark rejected plan {number} on Monday. No talks are scheduled.",
        "external_id": f"est-{number}",
        "source_uri": "/news/estmark.jsonl",
        "source_format": "jsonl",
        "position": number,
        "published_at": APRIL,
        "published_from": "source",
    }
    return Article(**(fields | changes))


def tagged(of: Article) -> TaggedArticle:
    """Return the article with one refusal in its first sentence."""
    end = of.text.index(".") + 1
    sentence = Sentence(field="text", index=0, start=0, end=end, text=of.text[:end])
    start = sentence.text.index("rejected") if "rejected" in sentence.text else 0
    finding = Finding(
        event_type="refusal", rule_id="refusal.reject", confidence=0.9, trigger_start=start, trigger_end=start + 8
    )
    return TaggedArticle(of, 2, (Event(sentence, finding),))


def reject(position: int = 1, **changes: Any) -> Reject:
    """Return a reject; ``changes`` replace fields."""
    fields: dict[str, Any] = {
        "stage": "read",
        "source_uri": "/news/estmark.jsonl",
        "position": position,
        "reason": "bad_json",
        "detail": "Not valid JSON.",
        "sample": "{",
    }
    return Reject(**(fields | changes))


def stage_settings(output: Output, run_id: str = "first", partition_by: PartitionBy = "month") -> StageSettings:
    """Return settings that stage below an output."""
    return StageSettings(
        folder=str(output.staging(run_id)),
        run_id=run_id,
        partition_by=partition_by,
        tagger_version="1",
        model_name="none-0",
    )


def write_run(
    output: Output, run_id: str, *shards: list[TaggedArticle | Reject], partition_by: PartitionBy = "month"
) -> dict[str, int]:
    """Stage and commit a run as the command does; each list becomes a shard. Return the counts of articles."""
    with output.locked():
        recover(output)
        settings = stage_settings(output, run_id, partition_by)
        for items in shards:
            writer = ShardWriter(settings)
            for item in items:
                writer.add(item)
            writer.flush()
        prepared = prepare(output, settings)
        commit(output, run_id, prepared, {"partition_by": partition_by})
    return prepared.articles


def rows(output: Output | Path, table: str, *columns: str) -> list[dict[str, Any]]:
    """Return the rows of a table in the order of its files."""
    root = output.root if isinstance(output, Output) else output
    data = ds.dataset(sorted((root / table).rglob("*.parquet")), format="parquet")
    return data.to_table(columns=list(columns) or None).to_pylist()
