"""Real bars for the timeframes, and pandas' buckets of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.support import lean
from tests.support.drive import make_bars
from worker.engine.stages.timeframes import LENGTHS, TIMEFRAMES

LENGTH = dict(zip(TIMEFRAMES, LENGTHS.tolist(), strict=True))
SERIES = {  # and the timeframes that they reach well into
    "walk": ("5m", "15m", "1h", "4h"),
    "btcusd": ("5m", "15m", "1h"),
    "spy_minute": ("5m", "15m"),
    "spy_hour": ("4h", "1d"),
}


@cache
def bars_of(name: str) -> NDArray[Any]:
    """Bars of a series; gaps, half days and weekends are as they are in the data."""
    if name == "walk":
        rng = np.random.default_rng(21)
        bars = make_bars(100 * np.exp(np.cumsum(rng.normal(0, 1e-3, 30_000))), volume=rng.lognormal(3, 1, 30_000))
        kept: NDArray[Any] = bars[(rng.random(bars.size) > 0.03) & (np.arange(bars.size) // 997 % 11 != 5)]
        return kept
    if name == "btcusd":
        return lean.minutes("crypto/coinbase", "btcusd")
    if name == "spy_minute":
        return lean.minutes("equity/usa", "spy")
    return lean.equity("spy", "hour")[-12_000:]


def resampled(bars: NDArray[Any], timeframe: str, offset: int = 0) -> pd.DataFrame:
    """Buckets that hold a bar: open, high, low, close, volume, bars, and their start in ms as index."""
    frame: Any = pd.DataFrame({name: bars[name] for name in ("open", "high", "low", "close", "volume")})
    frame.index = pd.to_datetime(bars["ts"], unit="ms")
    groups = frame.resample(f"{LENGTH[timeframe]}ms", label="left", closed="left", origin="epoch", offset=f"{offset}ms")
    found: Any = groups.agg({"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"})
    found["bars"] = groups["close"].count()
    found = found[found["bars"] > 0]
    found.index = found.index.as_unit("ms").astype("int64")
    kept: pd.DataFrame = found
    return kept
