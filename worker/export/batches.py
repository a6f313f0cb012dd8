"""Records to Arrow batches."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from schemas import Decision, Rejection
from worker.export.columns import Column, arrow, columns_of, schema_of

ROWS = 10_000  # of a batch

Item = Decision | Rejection
Decode = Callable[[bytes], Item]


def decoder(rejected: bool) -> Decode:
    """Return the decoder of a rejection's or a decision's JSON; it raises msgspec.MsgspecError for anything else."""
    return msgspec.json.Decoder(Rejection).decode if rejected else msgspec.json.Decoder(Decision).decode


class Batches:
    """Converter of decisions (or rejections) to batches of one schema."""

    def __init__(self, rejected: bool) -> None:
        self.columns = columns_of(Rejection if rejected else Decision)
        self.schema = schema_of(self.columns)
        self._readers = [_reader(column) for column in self.columns]

    def batch(self, items: Sequence[Item]) -> Any:
        """Build a pyarrow RecordBatch with one row an item."""
        pa = arrow()
        arrays = [
            pa.array(map(read, items), type=column.type, size=len(items))
            for column, read in zip(self.columns, self._readers, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def batches(self, items: Iterable[Item]) -> Iterator[Any]:
        """Yield batches of at most ROWS rows."""
        source = iter(items)
        while part := list(islice(source, ROWS)):
            yield self.batch(part)


def _reader(column: Column) -> Callable[[Item], Any]:
    get = _getter(column)
    types = arrow("pyarrow.types")
    if types.is_map(column.type):
        return lambda item: _pairs(get(item))
    if types.is_list(column.type) and types.is_struct(column.type.value_type):
        return lambda item: [_tuple(part) for part in get(item)]
    return get if column.given and not column.optional else lambda item: _given(get(item))


def _getter(column: Column) -> Callable[[Item], Any]:
    if not column.optional:
        return operator.attrgetter(".".join(column.path))
    outer, inner = operator.attrgetter(column.path[0]), operator.attrgetter(".".join(column.path[1:]))
    return lambda item: msgspec.UNSET if (found := outer(item)) is msgspec.UNSET else inner(found)


def _given(value: Any) -> Any:
    return None if value is msgspec.UNSET else value


def _pairs(value: Any) -> list[tuple[str, float | None]] | None:
    return None if value is msgspec.UNSET else list(value.items())


def _tuple(part: Any) -> tuple[Any, ...]:
    return part if isinstance(part, tuple) else msgspec.structs.astuple(part)
