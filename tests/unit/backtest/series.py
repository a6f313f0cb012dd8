"""Real daily series as daily, weekly, monthly, quarterly and New-York-dated bars."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.tick import interval_ms
from worker.backtest.ledger import BARS, REJECTED, TRADES, Ledger
from worker.engine.bar import BAR
from worker.engine.periods import close_times, period_of, period_start
from worker.sources.datasets import read_dataset

DAY, HOUR = 86_400_000, 3_600_000
Array = NDArray[Any]


def daily(name: str) -> tuple[Array, Array]:
    """(opens in epoch ms, closes) of a bundled data set."""
    bars = list(read_dataset(name, None))
    return np.array([bar.ts for bar in bars], np.int64), np.array([bar.close for bar in bars])


def held(ts: Array, close: Array, interval: str = "1d", budget: float = 100.0) -> Ledger:
    """The ledger of who bought at the open of the first bar, at `budget`, and held."""
    bars = np.zeros(len(ts), BAR)
    bars["ts"], bars["interval_ms"] = ts, interval_ms(interval)
    rows = np.zeros(len(ts), BARS)
    rows["ts"], rows["close_ts"] = ts, close_times(bars)
    rows["close"], rows["equity"] = close, budget * close / close[0]
    return Ledger("X", budget, rows, np.zeros(0, TRADES), np.zeros(0, REJECTED), interval_ms(interval))


def by_period(ts: Array, close: Array, interval: str) -> tuple[Array, Array]:
    """Longer bars of the same series: each opens with its period and has the last close in it."""
    length = interval_ms(interval)
    numbers = np.array([period_of(each, length) for each in ts.tolist()], np.int64)
    last = np.flatnonzero(np.diff(numbers, append=numbers[-1] + 1))
    starts = np.array([period_start(number, length) for number in numbers[last].tolist()], np.int64)
    return starts, close[last]


def dated(ts: Array, zone: str) -> Array:
    """The same dates at the midnights of a time zone."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    days = (datetime.fromtimestamp(each / 1000, UTC).replace(tzinfo=ZoneInfo(zone)) for each in ts.tolist())
    return np.array([int(day.timestamp()) * 1000 for day in days], np.int64)
