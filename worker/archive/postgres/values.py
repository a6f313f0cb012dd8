"""Columns to what COPY takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from worker.export.columns import arrow

NUL, INSTEAD = "\x00", "\ufffd"  # PostgreSQL's text can't hold the first
_json = msgspec.json.Encoder().encode


def rows_of(table: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a pyarrow Table, nested values as JSON."""
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [_column(batch.column(at), field.type) for at, field in enumerate(batch.schema)]
        yield from zip(*columns, strict=True)


def _column(column: Any, kind: Any) -> list[Any]:
    types = arrow("pyarrow.types")
    values: list[Any] = column.to_pylist()
    if types.is_string(kind):
        return [_text(value) for value in values]
    if types.is_map(kind):
        return _as_json(values, dict)
    if types.is_nested(kind):
        return _as_json(values, list)
    return values


def _text(value: str | None) -> str | None:
    return value if value is None or NUL not in value else value.replace(NUL, INSTEAD)


def _as_json(values: list[Any], kind: Callable[[Any], Any]) -> list[str | None]:
    return [None if value is None else _json(kind(value)).decode().replace("\\u0000", INSTEAD) for value in values]
