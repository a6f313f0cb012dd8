"""Returns per month and year."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from worker.backtest.metrics.days import Days


class Year(NamedTuple):
    """Simple returns of a calendar year; None where no day or bar ended, or the equity before was 0."""

    year: int
    months: list[float | None]  # January to December
    total: float | None


def years(days: Days) -> list[Year]:
    """Return one row per year that has any return, oldest first."""
    months = days.day.astype("M8[D]").astype("M8[M]").astype(np.int64)
    monthly, yearly = _returns(days, months), _returns(days, months // 12)
    return [
        Year(1970 + year, [monthly.get(12 * year + month) for month in range(12)], total)
        for year, total in yearly.items()
    ]


def _returns(days: Days, period: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[int, float | None]:
    """Return the returns from the end of the previous period with data, which may not be adjacent."""
    last = np.flatnonzero(np.diff(period, append=np.iinfo(np.int64).max))
    ends = days.equity[last].tolist()
    starts = [days.start, *ends][: len(ends)]
    return {
        number: end / start - 1.0 if start > 0.0 and np.isfinite(end) else None
        for number, start, end in zip(period[last].tolist(), starts, ends, strict=True)
    }
