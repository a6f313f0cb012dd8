"""Markets that are always there: prices with trends, calm and wild times and fat tails, from a seed.

Log returns are Student-t(4) over a GARCH(1,1) volatility, with a drift that switches between up, down and none; a bar
is made of twelve of them. Volume rises with the size of a move. Time runs on without gaps.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support import lean
from tests.support.profile_series import INTERVALS, Series

BARS = 6_000
STEPS = 12  # of a bar
START = 1_600_041_600_000  # a Monday, 00:00 UTC
SYMBOLS = {"equity": ("ACME", 0.015), "crypto": ("BTC-USD", 0.04), "fx": ("EURUSD", 0.006), "futures": ("ES=F", 0.012)}
PULL, TURN = 0.35, 0.02  # drift in standard deviations of a bar; chance of a bar that it changes
NEWS, STAY = 0.08, 0.90  # GARCH: weights of the last bar's square and of the variance before


def prices(rng: np.random.Generator, daily: float, interval_ms: int, count: int) -> NDArray[np.float64]:
    """(count, 5) OHLCV with a standard deviation of `daily` a day."""
    usual = daily * np.sqrt(interval_ms / lean.DAY)
    shocks = rng.standard_t(4.0, (count, STEPS)) / np.sqrt(2.0 * STEPS)
    turns, sides = rng.random(count) < TURN, rng.integers(-1, 2, count)
    drift = PULL * sides[np.maximum.accumulate(np.where(turns, np.arange(count), 0))]
    path, scale, level, variance = np.empty((count, STEPS + 1)), np.empty(count), np.log(100.0), 1.0
    for i in range(count):
        scale[i] = usual * np.sqrt(variance)
        path[i, 0] = level
        path[i, 1:] = level + scale[i] * np.cumsum(shocks[i] + drift[i] / STEPS)
        level = path[i, -1]
        variance = 1.0 - NEWS - STAY + STAY * variance + NEWS * min(((level - path[i, 0]) / usual) ** 2, 25.0)
    inside = np.exp(path)
    volume = 1e6 * np.exp(0.4 * rng.standard_normal(count)) * (0.5 + np.abs(path[:, -1] - path[:, 0]) / usual)
    return np.column_stack([inside[:, 0], inside.max(1), inside.min(1), inside[:, -1], volume])


def generated() -> list[Series]:
    """One series a profile and interval, each from a seed of its own name."""
    found: list[Series] = []
    for market, (symbol, daily) in SYMBOLS.items():
        for name, interval in INTERVALS.items():
            rng = np.random.default_rng(zlib.crc32(f"{symbol} {name}".encode()))
            times: Any = START + interval * np.arange(BARS)
            found.append(Series(market, name, symbol, lean.bars(times, prices(rng, daily, interval, BARS), interval)))
    return found
