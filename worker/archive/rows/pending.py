"""The rows of one table that are not committed yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.archive.rows.encoding import Encoded
from worker.archive.rows.kinds import Kind, unreadable_schema
from worker.export.columns import arrow
from worker.stream.litter import trim

ORDER = ("date", "symbol", "ts", "partition", "offset")
CHUNK = 5_000  # rows that are written at once


class Pending:
    """Rows and unreadable records, in the order of arrival until they are arranged."""

    def __init__(self, kind: Kind) -> None:
        self._schemas = (kind.schema, unreadable_schema())
        self._parts: tuple[list[Any], list[Any]] = ([], [])
        self.rows = self.bytes = 0
        self._in_order = False

    def __len__(self) -> int:
        return self.rows

    def put(self, encoded: Encoded) -> None:
        """Add what came next."""
        for parts, batch in zip(self._parts, encoded, strict=True):
            if len(batch):
                parts.append(batch)
                self._in_order = False
                self.rows += len(batch)
                self.bytes += batch.nbytes

    def arranged(self) -> tuple[Any, Any]:
        """Return rows and unreadable records as pyarrow Tables, and keep them in their order from now on."""
        if not self._in_order:
            for parts, schema in zip(self._parts, self._schemas, strict=True):
                # In the place of what was unsorted: both together would take twice the memory.
                parts[:] = _in_order(arrow().Table.from_batches(parts, schema=schema))
            trim()  # the C library would keep what was unsorted while the sink writes
            self._in_order = True
        return self.tables()

    def tables(self) -> tuple[Any, Any]:
        """Return rows and unreadable records as pyarrow Tables, as they are."""
        rows, unreadable = (
            arrow().Table.from_batches(parts, schema=schema)
            for parts, schema in zip(self._parts, self._schemas, strict=True)
        )
        return rows, unreadable

    def drop(self, positions: Mapping[int, int | None]) -> int:
        """Drop what lies before the positions of its partitions, and return how many rows that were."""
        before, tables = self.rows, [beyond(table, positions) for table in self.tables()]
        self._parts = (tables[0].to_batches(), tables[1].to_batches())
        self.rows, self.bytes = sum(map(len, tables)), sum(table.nbytes for table in tables)
        return before - self.rows

    def clear(self) -> None:
        """Forget all."""
        self._parts = ([], [])
        self.rows = self.bytes = 0
        arrow().default_memory_pool().release_unused()


def _in_order(table: Any) -> list[Any]:
    table = table.sort_by([(name, "ascending") for name in ORDER if name in table.column_names])
    found: list[Any] = table.to_batches(max_chunksize=CHUNK)
    return found


def beyond(table: Any, positions: Mapping[int, int | None]) -> Any:
    """Return the rows of a table at or behind the positions of their partitions."""
    pc = arrow("pyarrow.compute")
    for partition, position in positions.items():
        if position:
            kept = pc.or_(pc.not_equal(table["partition"], partition), pc.greater_equal(table["offset"], position))
            table = table.filter(kept)
    return table
