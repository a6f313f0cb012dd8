"""The order of a table's rows, and cuts that share rows out into ranges of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from worker.archive.rows.pending import ORDER
from worker.export.columns import arrow

KEYS = ORDER[1:]  # within a date


class Order:
    """The order of the rows of one schema: by symbol and time where it has them, else as they lie in their topic."""

    def __init__(self, schema: Any) -> None:
        self._keys = [(name, "ascending") for name in KEYS if name in schema.names]
        self.names = [name for name in schema.names if name in KEYS]  # as they stand in the schema

    def cuts(self, sample: Any, parts: int) -> Any:
        """Return the keys (a pyarrow Table) at which a sample falls into so many parts of equal size."""
        ordered = sample.sort_by(self._keys)
        at = {len(ordered) * number // parts for number in range(1, parts)}
        return ordered.take(sorted(at - {0}))

    def divided(self, batch: Any, cuts: Any) -> list[Any]:
        """Return the rows of a RecordBatch between the cuts: one batch more than there are cuts, some of them empty.

        The rows of each are in no order.
        """
        pa = arrow()
        keys = pa.concat_tables([pa.Table.from_batches([batch.select(self.names)]), cuts])
        order = self._indices(keys)
        own = order < len(batch)
        # In the order of all, the number of rows before each cut.
        ends = np.cumsum(own)[~own]
        rows = batch.take(pa.array(order[own]))
        bounds = [0, *ends.tolist(), len(batch)]
        return [rows.slice(first, end - first) for first, end in pairwise(bounds)]

    def sorted(self, batches: list[Any], schema: Any) -> Any:
        """Return the rows of RecordBatches in order, as a Table with one chunk a column; the list is emptied.

        What was sorted already of the columns is not held twice.
        """
        pa = arrow()
        order = pa.array(self._indices(pa.Table.from_batches([b.select(self.names) for b in batches])))
        columns = list(pa.Table.from_batches(batches, schema=schema).columns)
        batches.clear()
        for at, column in enumerate(columns):
            columns[at] = column.combine_chunks().take(order)
            del column
        return pa.Table.from_arrays(columns, schema=schema)

    def _indices(self, keys: Any) -> np.ndarray[Any, np.dtype[np.uint64]]:
        found: np.ndarray[Any, np.dtype[np.uint64]] = arrow("pyarrow.compute").sort_indices(keys, self._keys).to_numpy()
        return found
