"""Rows of any number in order, of which few are in memory at one time."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from worker.archive.turn import Turns
from worker.archive.upkeep.sorting.order import Order
from worker.archive.upkeep.sorting.spill import Spill
from worker.export.columns import arrow
from worker.stream.litter import trim

MOST_BYTES = 12_582_912  # of rows in memory that are sorted at once
MOST_PARTS = 144  # each is an open file, and gets a share of each batch
SAMPLES = 200  # keys a part
SEED = 0


class Rows(Protocol):
    """Rows that can be read more than once."""

    rows: int
    bytes: int  # in memory; may be an estimate

    def batches(self, columns: list[str] | None = None) -> Iterator[Any]:
        """Yield all rows as pyarrow RecordBatches, or some of their columns."""
        ...


class Room(NamedTuple):
    """Where to sort, and when."""

    folder: str  # for what is not in memory; empty: the system's
    turns: Turns
    most: int = MOST_BYTES


def in_order(source: Rows, schema: Any, room: Room) -> Generator[Any, None, None]:
    """Yield the rows of a source as pyarrow Tables of about `room.most` bytes, each and one after the other in order.

    The turn is held from before a table is made until the next one is asked for.

    Raises:
        NoRoom: the folder is missing or full.
    """
    yield from _ordered(source, schema, Order(schema), room, None)


def _ordered(source: Rows, schema: Any, order: Order, room: Room, above: int | None) -> Iterator[Any]:
    whole = source.rows == above  # rows of one key can't be divided
    if source.bytes <= room.most or whole:
        with room.turns.taken():
            batches = _held(source, None if whole else 2 * room.most)
            if batches is not None:
                if batches:
                    yield order.sorted(batches, schema)
                return
    parts = min(max(math.ceil(source.bytes / (room.most * 0.75)), 2), MOST_PARTS)
    with Spill(schema, room.folder, parts) as spill:
        cuts = order.cuts(_sample(source, order, parts), parts)
        reading = source.batches()
        while _one_shared_out(reading, order, cuts, spill, room):
            pass
        for part in spill.parts:
            trim()
            yield from _ordered(part, schema, order, room, source.rows)


def _held(source: Rows, most: int | None) -> list[Any] | None:
    """Return all batches; None if they are larger than was estimated."""
    found, size = [], 0
    for batch in source.batches():
        found.append(batch)
        size += batch.nbytes
        if most is not None and size > most:
            return None
    return found


def _one_shared_out(reading: Iterator[Any], order: Order, cuts: Any, spill: Spill, room: Room) -> bool:
    with room.turns.taken():
        if (batch := next(reading, None)) is None:
            return False
        for part, rows in zip(spill.parts, order.divided(batch, cuts), strict=False):
            if len(rows):
                part.put(rows)
        return True


def _sample(source: Rows, order: Order, parts: int) -> Any:
    pa = arrow()
    share = parts * SAMPLES / max(source.rows, 1)
    dice = np.random.default_rng(SEED)  # at regular distances, rows that repeat in a pattern would be missed
    found = [batch.take(np.flatnonzero(dice.random(len(batch)) < share)) for batch in source.batches(order.names)]
    return pa.Table.from_batches(found)
