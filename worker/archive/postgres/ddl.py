"""The tables in PostgreSQL: columns as those of the Delta tables, and one table of positions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.export.columns import arrow

POSITIONS = "archive_positions"


def type_of(kind: Any) -> str:
    """Return PostgreSQL's type for a pyarrow type."""
    types = arrow("pyarrow.types")
    for holds, name in (
        (types.is_int32, "integer"),
        (types.is_int64, "bigint"),
        (types.is_float64, "double precision"),
        (types.is_boolean, "boolean"),
        (types.is_string, "text"),
        (types.is_binary, "bytea"),
        (types.is_date32, "date"),
        (types.is_timestamp, "timestamptz"),
    ):
        if holds(kind):
            return name
    return "jsonb"


def statements(schema: str, name: str, columns: Any) -> Iterator[str]:
    """Yield what makes a table of pyarrow columns, and adds those that it lacks; each may be repeated."""
    where = f"{quoted(schema)}.{quoted(name)}"
    own = ", ".join(f"{quoted(field.name)} {type_of(field.type)}" for field in columns)
    yield f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}"
    yield (
        f"CREATE TABLE IF NOT EXISTS {quoted(schema)}.{quoted(POSITIONS)} "
        "(id text PRIMARY KEY, topic text NOT NULL, topic_id text NOT NULL, next_offset bigint)"
    )
    yield f'CREATE TABLE IF NOT EXISTS {where} ({own}, PRIMARY KEY ("partition", "offset"))'
    for field in columns:
        yield f"ALTER TABLE {where} ADD COLUMN IF NOT EXISTS {quoted(field.name)} {type_of(field.type)}"
    if "symbol" in columns.names:
        index = quoted(f"{name}_symbol_ts"[:63])
        yield f"CREATE INDEX IF NOT EXISTS {index} ON {where} (symbol, ts)"


def quoted(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'
