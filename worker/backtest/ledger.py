"""The ledger of a run: one row per accepted bar, closed trade and rejected record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.said import SAID, Said, said, tags
from worker.backtest.splits import Split, splits
from worker.engine.blocks import tally, verdicts
from worker.engine.periods import close_times
from worker.engine.reasons import Reject, bits
from worker.engine.settings import EngineSettings
from worker.engine.stages.execution.account import TRADE

Rows = NDArray[Any]

BARS = np.dtype(
    [
        ("ts", "i8"),  # bar open, epoch ms UTC
        ("close_ts", "i8"),
        ("close", "f8"),
        ("qty", "f8"),  # held after the bar, negative when short
        ("equity", "f8"),  # budget + realised + unrealised as published, quote currency
        ("traded", "f8"),  # Σ |notional| of the bar's fills
        ("fees", "f8"),
        ("slippage", "f8"),  # half spread and slippage
        ("var99", "f8"),  # one-day loss at 99%, fraction of the budget; NaN = not ready
        ("rebased", "?"),  # a new price level, an old one that had expired, or a split: the step is not a return
    ]
)
TRADES = np.dtype(
    [
        ("entry_ts", "i8"),  # open of the bar of the first fill
        ("exit_ts", "i8"),  # close of the bar of the last fill
        ("side", "i1"),
        ("qty", "f8"),
        ("entry", "f8"),
        ("exit", "f8"),
        ("pnl", "f8"),  # net of all costs, quote currency
        ("bars_held", "i8"),
        ("reason", "i1"),  # code of the exit
        ("suspect", "?"),  # its result includes a level shift
    ]
)
REJECTED = np.dtype([("ingest_ts", "i8"), ("mask", "u8")])
SHORT = 2
CORPORATE_ACTION = bits(Reject.corporate_action)


class EntryCost(NamedTuple):
    """Cost of a market order, fractions of its notional."""

    slippage: float  # half spread and slippage
    fee: float

    @property
    def whole(self) -> float:
        """The sum."""
        return self.slippage + self.fee


FREE = EntryCost(0.0, 0.0)


class Ledger(NamedTuple):
    """The rows of one symbol, in input order."""

    symbol: str
    budget: float  # equity before the first bar, quote currency
    bars: Rows
    trades: Rows
    rejected: Rows
    interval_ms: int = 0  # length of its bars, nominal for calendar periods; 0 = no bar was accepted
    splits: tuple[Split, ...] = ()  # steps of the input that look like splits, and were none that was told
    entry_cost: EntryCost = FREE
    verdicts: Mapping[int, int] = MappingProxyType({})  # of its bars, with counts (`engine.blocks`)
    said: Said = Said()  # by a strategy


def entry_cost(settings: EngineSettings, symbol: str) -> EntryCost:
    """Return the cost of a market order."""
    costs = settings.execution.costs(settings.asset_of(symbol).defaults)
    return EntryCost(float(costs["spread_and_slip"]), float(costs["fee"]))


class Book:
    """Builder of one symbol's ledger, slice by slice; `asks` is whether a strategy decides."""

    def __init__(self, symbol: str, budget: float, entry_cost: EntryCost = FREE, asks: bool = False) -> None:
        self._symbol, self._budget, self._entry_cost = symbol, budget, entry_cost
        self._verdicts = Counter[int]()
        self._bars, self._count = [np.zeros(0, BARS)], 0
        self._closed, self._at = [np.zeros(0, TRADE)], [np.zeros(0, np.int64)]  # trades, and the bars that closed them
        self._rejected = [np.zeros(0, REJECTED)]
        self._read: list[Rows] = []  # the whole input, to detect splits
        self._rescaled: list[int] = []  # opens of the bars at which a corporate action took effect
        self._interval_ms = 0
        self._asks, self._said = asks, [np.zeros(0, SAID)]

    def add(self, bars: Rows, outs: Rows) -> None:
        """Add the next slice: BAR rows and the engine's output rows."""
        self._read.append(bars)
        kept = outs["validation"]["accepted"]
        if not kept.all():
            self._rejected.append(_rejected(bars[~kept], outs[~kept]))
            bars, outs = bars[kept], outs[kept]
        if not self._interval_ms and len(bars):
            self._interval_ms = int(bars["interval_ms"][0])
        self._rescaled += bars["ts"][_rescaled(outs)].tolist()
        self._verdicts.update(tally(verdicts(outs)))
        self._bars.append(_bars(bars, outs, self._budget))
        if self._asks:
            self._said.append(said(outs))
        closed, at = _closed(outs)
        self._closed.append(closed)
        self._at.append(at + self._count)
        self._count += len(bars)

    def close(self, unknown: tuple[str, ...] = ()) -> Ledger:
        """Return the ledger of all slices; `unknown` are the strategy's indicators that were never known."""
        bars, at = np.concatenate(self._bars), np.concatenate(self._at)
        trades = _trades(bars, np.concatenate(self._closed), at)
        rows = np.concatenate(self._said)
        rejected = np.concatenate(self._rejected)
        return Ledger(
            self._symbol,
            self._budget,
            bars,
            trades,
            rejected,
            self._interval_ms,
            tuple(each for each in splits(self._read) if each.ts not in self._rescaled),
            self._entry_cost,
            dict(self._verdicts),
            Said(rows, tags(rows, trades, at), unknown) if self._asks else Said(),
        )


def _bars(bars: Rows, outs: Rows, budget: float) -> Rows:
    position, execution = outs["decision"]["position"], outs["execution"]
    rows = np.zeros(len(bars), BARS)
    rows["ts"], rows["close_ts"] = bars["ts"], close_times(bars)
    rows["close"] = bars["close"]
    rows["qty"] = np.where(position["state"] == SHORT, -position["qty"], position["qty"])
    rows["equity"] = budget + (position["realised"] + position["unrealised"])
    for name in ("traded", "fees", "slippage"):
        rows[name] = execution[name]
    rows["var99"] = outs["decision"]["risk"]["var99"]
    rows["rebased"] = outs["validation"]["shift"] | outs["validation"]["expired"] | _rescaled(outs)
    return rows


def _rescaled(outs: Rows) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = outs["validation"]["mask"] & np.uint64(CORPORATE_ACTION) != 0
    return found


def _closed(outs: Rows) -> tuple[Rows, NDArray[np.int64]]:
    """Return the trades that ended, in order, and their rows: two of them where a reversal and its stop share a bar."""
    done, earlier = outs["execution"]["trade"], outs["said"]["earlier"]
    at, first = np.flatnonzero(done["closed"]), np.flatnonzero(earlier["closed"])
    if not first.size:
        return done[at], at
    rows = np.concatenate([first, at])
    order = np.argsort(rows, kind="stable")
    return np.concatenate([earlier[first], done[at]])[order], rows[order]


def _trades(bars: Rows, closed: Rows, at: NDArray[np.int64]) -> Rows:
    rows = np.zeros(at.size, TRADES)
    rows["entry_ts"] = bars["ts"][at - closed["bars_held"]]
    rows["exit_ts"] = bars["close_ts"][at]
    for name in ("side", "qty", "entry", "exit", "pnl", "bars_held", "reason", "suspect"):
        rows[name] = closed[name]
    return rows


def _rejected(bars: Rows, outs: Rows) -> Rows:
    rows = np.zeros(len(bars), REJECTED)
    rows["ingest_ts"] = bars["ingest_ts"]
    rows["mask"] = outs["validation"]["mask"]
    return rows
