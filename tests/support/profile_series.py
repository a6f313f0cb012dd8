"""The series that profiles are measured on: real ones beside the repository, and generated ones that are always there.

A market is a group of series under the symbols that users would give them, so that `engine.profile = "auto"` finds
their class. Bars of 5 minutes are gathered from minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support import lean

Bars = NDArray[Any]
INTERVALS = {"1m": lean.MINUTE, "5m": 5 * lean.MINUTE, "1h": lean.HOUR, "1d": lean.DAY}
NAMES = ("aapl", "aig", "bac", "fb", "goog", "ibm", "uso", "wm")  # single names; the rest of the folder tracks indices
TRACKERS = ("eem", "iwm", "qqq", "spy")
OPENED, CLOSED = 570, 960  # minutes since midnight of the regular session in New York


class Series(NamedTuple):
    """Bars of one symbol, ascending."""

    market: str
    interval: str
    symbol: str
    bars: Bars


def gathered(bars: Bars, interval_ms: int) -> Bars:
    """Longer bars out of shorter ones, each bucket from the epoch on that holds any."""
    bucket = bars["ts"] // interval_ms
    starts = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    rows = bars[starts].copy()
    ends = np.append(starts[1:], len(bars)) - 1
    rows["ts"] = bucket[starts] * interval_ms
    rows["interval_ms"] = interval_ms
    rows["ingest_ts"] = rows["ts"] + interval_ms
    rows["high"] = np.maximum.reduceat(bars["high"], starts)
    rows["low"] = np.minimum.reduceat(bars["low"], starts)
    rows["close"] = bars["close"][ends]
    rows["volume"] = np.add.reduceat(bars["volume"], starts)
    return rows


def regular(bars: Bars) -> Bars:
    """The bars of the regular session: before and after it hardly anything is traded."""
    minute = bars["ts"] // lean.MINUTE % 1_440
    return bars[(minute >= OPENED) & (minute < CLOSED)]


def _coins() -> list[Series]:
    minutes = lean.minutes("crypto/coinbase", "btcusd")
    found = [Series("crypto", name, "BTC-USD", gathered(minutes, INTERVALS[name])) for name in ("1m", "5m", "1h")]
    hours = lean.folder() / "data/lean/crypto/bitfinex/hour/btcusd_trade.zip"  # not in the shared folder
    if hours.is_file():
        found.append(Series("crypto", "1h", "BTCUSD", lean.traded(hours, lean.HOUR)))
    daily = (("BTC-USD", lean.coinbase_daily()), ("BTCUSD", lean.quotes("bitcoin")))
    return found + [Series("crypto", "1d", symbol, bars) for symbol, bars in daily]


def _minutes(market: str, symbol: str, bars: Bars) -> list[Series]:
    return [Series(market, name, symbol, gathered(bars, INTERVALS[name])) for name in ("1m", "5m")]


def _shares() -> list[Series]:
    found = []
    for symbol in ("aapl", "aig", "bac", "ibm"):
        found += _minutes("equity", symbol.upper(), regular(lean.minutes("equity/usa", symbol)))
    for symbol in ("aapl",):
        found.append(Series("equity", "1h", symbol.upper(), lean.equity(symbol, "hour")))
    return found + [Series("equity", "1d", symbol.upper(), lean.equity(symbol)) for symbol in NAMES]


def _indices() -> list[Series]:
    found = _minutes("index", "SPY", regular(lean.minutes("equity/usa", "spy")))
    found += _minutes("index", "SPX", lean.quotes("intraday", lean.MINUTE))
    found.append(Series("index", "1h", "SPY", lean.equity("spy", "hour")))
    found += [Series("index", "1d", symbol.upper(), lean.equity(symbol)) for symbol in TRACKERS]
    # Without volume nothing can be traded: the years before the file has any are left out.
    whole = lean.quotes("spx")
    found.append(Series("index", "1d", "SPX", whole[whole["volume"] > 0]))
    return found + _packaged()


def _packaged() -> list[Series]:
    """Indices of the package `arch`, where it is installed."""
    try:
        from arch.data import nasdaq, sp500
    except ImportError:
        return []
    found = []
    for symbol, source in (("SP500", sp500), ("NASDAQ", nasdaq)):
        frame = source.load()
        ts = frame.index.astype("datetime64[ms]").astype("int64").to_numpy()
        values = frame[["Open", "High", "Low", "Close", "Volume"]].to_numpy(dtype=float)
        found.append(Series("index", "1d", symbol, lean.bars(ts, values, lean.DAY)))
    return found


def _currencies() -> list[Series]:
    """Pairs of LEAN's forex folder, quotes without volume, where it is: the shared folder has none."""
    root = lean.folder() / "data/lean/forex/oanda"
    found = []
    for name, interval in (("hour", lean.HOUR), ("daily", lean.DAY)):
        for path in sorted(root.glob(f"{name}/*.zip")):
            bars = lean.quoted(path, interval)
            found.append(Series("fx", "1h" if name == "hour" else "1d", path.stem.upper(), bars))
    for folder in sorted(root.glob("minute/*")):
        bars = np.concatenate([lean.quoted(path, lean.MINUTE) for path in sorted(folder.glob("*_quote.zip"))])
        found += _minutes("fx", folder.name.upper(), bars)
    return found


def _contracts() -> list[Series]:
    """The busiest contract of each day of LEAN's minute futures, where they are: the shared folder has none."""
    found = []
    for folder in sorted((lean.folder() / "data/lean/future").glob("*/minute/*")):
        days = [lean.busiest(path) for path in sorted(folder.glob("*_trade.zip"))]
        if days:
            found += _minutes("futures", f"{folder.name.upper()}=F", np.concatenate(days))
    return found


MARKETS: dict[str, Callable[[], list[Series]]] = {
    "crypto": _coins,
    "equity": _shares,
    "index": _indices,
    "fx": _currencies,
    "futures": _contracts,
}


def real() -> list[Series]:
    """All real series there are; those of the shared folder only where it is."""
    if not (lean.folder() / "data").is_dir():
        return _packaged()
    return [series for market in MARKETS.values() for series in market()]
