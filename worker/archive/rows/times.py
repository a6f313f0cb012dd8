"""Times as columns: whatever a record claims, a table can hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.archive.rows.kinds import instant
from worker.export.columns import arrow

DAY_MS = 86_400_000
FIRST, LAST = -62_135_596_800_000, 253_402_300_799_999  # years 1 to 9999, epoch ms


def dates(ms: NDArray[np.int64]) -> Any:
    """Return UTC dates of epoch ms, shape (n,), as a pyarrow array, clamped to the years 1970 to 9999."""
    pa = arrow()
    days = np.clip(ms, 0, LAST) // DAY_MS
    return pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32())


def instants(ms: Sequence[int | None]) -> Any:
    """Return epoch ms as a column; a time outside the years 1 to 9999 becomes null."""
    pa = arrow()
    return as_stored(pa.array(ms, pa.timestamp("ms", tz="UTC")))


def as_stored(column: Any) -> Any:
    """Return a column of `export` as a table keeps it: of its times those outside the years 1 to 9999 become null."""
    pa, pc = arrow(), arrow("pyarrow.compute")
    if not arrow("pyarrow.types").is_timestamp(column.type):
        return column
    ms = column.cast(pa.int64())
    known = pc.and_(pc.greater_equal(ms, FIRST), pc.less_equal(ms, LAST))
    return pc.if_else(known, column, pa.scalar(None, column.type)).cast(instant())
