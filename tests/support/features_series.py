"""Series for oracle tests: real markets and the ones that break careless arithmetic."""

from __future__ import annotations

import csv
import io
import zipfile
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.lean import folder

LEAN = folder() / "data" / "lean" / "equity" / "usa" / "daily"
Column = NDArray[np.float64]


class Series(NamedTuple):
    """OHLCV columns of one length."""

    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column


def _from_arch(name: str) -> Series:
    import importlib

    frame: Any = importlib.import_module(f"arch.data.{name}").load()
    return Series(*(frame[c].to_numpy(float) for c in ("Open", "High", "Low", "Close", "Volume")))


def _from_lean(name: str) -> Series:
    with zipfile.ZipFile(LEAN / f"{name}.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = np.array([row[1:6] for row in csv.reader(io.StringIO(text))], dtype=float)
    return Series(*(rows[:, i] / (10_000 if i < 4 else 1) for i in range(5)))


def random_walk(seed: int, n: int = 2000, level: float = 100.0, sigma: float = 0.01) -> Series:
    """Geometric random walk with gaps between bars and log-normal volume."""
    rng = np.random.default_rng(seed)
    close = level * np.exp(rng.normal(0, sigma, n).cumsum())
    open_ = np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0, sigma / 4, n))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, sigma / 3, n)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, sigma / 3, n)))
    return Series(open_, high, low, close, np.floor(rng.lognormal(10, 1, n)))


def _ticks() -> Series:
    """Prices on a 0.1 grid, full of ties."""
    rng = np.random.default_rng(3)
    close = 200 + rng.integers(-2, 3, 3000).cumsum()
    open_ = close + rng.integers(-2, 3, close.size)
    high = np.maximum(open_, close) + rng.integers(0, 3, close.size)
    low = np.minimum(open_, close) - rng.integers(0, 3, close.size)
    shift = 50 - min(0, low.min())
    volume = rng.integers(0, 5, close.size).astype(float)
    opened, highest, lowest, closed = ((column + shift) * 0.1 for column in (open_, high, low, close))
    return Series(opened, highest, lowest, closed, volume)


def _stretched(series: Series) -> Series:
    """Flat stretches of 60 bars and 40 bars without volume."""
    columns = [column.copy() for column in series]
    for start in range(200, series.close.size - 60, 400):
        for column in columns[:4]:
            column[start : start + 60] = series.close[start]
        columns[4][start + 10 : start + 50] = 0.0
    return Series(*columns)


def _spiked(series: Series, at: int, factor: float) -> Series:
    columns = [column.copy() for column in series]
    for column in columns:
        column[at] *= factor
    return Series(*columns)


def _split(series: Series, at: int, ratio: float) -> Series:
    columns = [column.copy() for column in series]
    for column in columns[:4]:
        column[at:] /= ratio
    columns[4][at:] *= ratio
    return Series(*columns)


def flat(n: int = 300) -> Series:
    """A halted symbol."""
    price = np.full(n, 42.1)
    return Series(price, price, price, price, np.zeros(n))


@cache
def market_series() -> dict[str, Series]:
    """Name → series; LEAN's files only where they are present."""
    series = {
        "sp500": _from_arch("sp500"),
        "nasdaq": _from_arch("nasdaq"),
        "ticks": _ticks(),
        "walk": random_walk(1),
        "tiny": random_walk(2, level=1e-9),
        "large": random_walk(4, level=1e6),
        "stretched": _stretched(random_walk(5)),
        "spiked": _spiked(random_walk(6), 1000, 1e6),
        "split": _split(random_walk(7), 1000, 20.0),
    }
    return series | {f"lean_{name}": _from_lean(name) for name in ("goog", "aig") if LEAN.is_dir()}


NAMES = ("sp500", "nasdaq", "ticks", "walk", "tiny", "large", "stretched", "spiked", "split", "lean_goog", "lean_aig")
