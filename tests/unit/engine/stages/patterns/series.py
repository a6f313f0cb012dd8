"""Bars that candlestick patterns are compared on: real ones in whole ticks, and generated ones full of ties."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import lean
from tests.support.features_drive import drive, make_bars
from tests.support.features_series import LEAN, Series, market_series

PRICES = ("open", "high", "low", "close")
MOVES = (3, 6, 20)  # ticks: from nearly all bars alike to few ties


def in_ticks(bars: NDArray[Any]) -> Series:
    """Prices as LEAN's files have them, whole ten-thousandths: sums of them are exact, so an average has one value."""
    columns = [np.rint(bars[name] * lean.PRICE_SCALE) for name in PRICES]
    return Series(columns[0], columns[1], columns[2], columns[3], bars["volume"])


def generated(seed: int, n: int, move: int) -> Series:
    """A random walk in whole ticks with gaps, doji, shadows of 0 and equal bodies in plenty."""
    rng = np.random.default_rng(seed)
    close = 10_000 + rng.integers(-move, move + 1, n).cumsum()
    open_ = np.concatenate([close[:1], close[:-1]]) + rng.integers(-move // 2, move // 2 + 1, n)
    open_ = np.where(rng.random(n) < 0.2, close, open_)
    high = np.maximum(open_, close) + rng.integers(0, move, n) * rng.integers(0, 2, n)
    low = np.minimum(open_, close) - rng.integers(0, move, n) * rng.integers(0, 2, n)
    columns = [column.astype(float) for column in (open_, high, low, close)]
    return Series(columns[0], columns[1], columns[2], columns[3], rng.integers(1, 9, n).astype(float))


def _real() -> dict[str, Series]:
    if not LEAN.is_dir():
        return {}
    bars = {
        "hour_spy": lean.equity("spy", "hour"),
        "minute_bac": lean.minutes("equity/usa", "bac"),
        "daily_aig": lean.equity("aig"),
    }
    return {name: in_ticks(rows) for name, rows in bars.items()}


@cache
def candle_series() -> dict[str, Series]:
    """Name → series, more than 100,000 bars also without LEAN's files."""
    ties = {f"ticks_{move}": generated(move, 30_000, move) for move in MOVES}
    return _real() | ties | {name: market_series()[name] for name in ("sp500", "nasdaq")}


@cache
def outputs(name: str) -> NDArray[Any]:
    """The engine's output rows over a series of `market_series` or `candle_series`."""
    return drive(make_bars(*series(name)))


def series(name: str) -> Series:
    """A series by its name; skips where LEAN's files are absent."""
    found = market_series().get(name) or candle_series().get(name)
    return found or pytest.skip(f"{name}: no market data")
