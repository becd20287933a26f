"""The tables as Arrow schemas, built from ``columns.toml``; every field carries its description."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal, get_args

import pyarrow as pa

PartitionBy = Literal["day", "month", "year", "none"]
PARTITIONINGS: tuple[PartitionBy, ...] = get_args(PartitionBy)

# Hive's own name for a partition whose key is null; DuckDB, pandas, Polars, pyarrow and Spark read it as null.
UNKNOWN_PARTITION = "__HIVE_DEFAULT_PARTITION__"

_PERIODS = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_TYPES: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "strings": pa.list_(pa.field("element", pa.string(), nullable=False)),
}


def load_columns() -> dict[str, Any]:
    """Return the contents of ``columns.toml``."""
    return tomllib.loads(files("schemas").joinpath("columns.toml").read_text(encoding="utf-8"))


def table_schema(name: str, columns: Mapping[str, Any]) -> pa.Schema:
    """Return the Arrow schema of one table of ``columns.toml``."""
    fields = [
        pa.field(
            column,
            _TYPES[spec["type"]],
            nullable=not spec.get("required", False),
            metadata={"description": spec["description"]},
        )
        for column, spec in columns[name]["columns"].items()
    ]
    metadata: dict[str | bytes, str | bytes] = {
        "communique.table": name,
        "communique.schema_version": str(columns["version"]),
    }
    return pa.schema(fields, metadata=metadata)


_COLUMNS = load_columns()
SCHEMA_VERSION: int = _COLUMNS["version"]
ARTICLES = table_schema("articles", _COLUMNS)
EVENTS = table_schema("events", _COLUMNS)
REJECTS = table_schema("rejects", _COLUMNS)
TABLES: Mapping[str, pa.Schema] = {"articles": ARTICLES, "events": EVENTS, "rejects": REJECTS}


def partition_folder(published_at: datetime | None, partition_by: PartitionBy) -> str:
    """Return the folder below a table's root, such as ``month=2025-04``; empty for ``none``.

    ``published_at`` is in UTC. Years before 1000 keep four digits, so that folders sort as their dates do.
    """
    if partition_by == "none":
        return ""
    if published_at is None:
        return f"{partition_by}={UNKNOWN_PARTITION}"
    period = published_at.strftime(_PERIODS[partition_by])
    return f"{partition_by}={period.rjust(len(datetime.max.strftime(_PERIODS[partition_by])), '0')}"
