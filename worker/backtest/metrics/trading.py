"""Figures of trades, exposure, costs and exceedances of the value at risk (domain §11, §8.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from worker.backtest.ledger import Ledger
from worker.backtest.metrics.sessions import trading_days

VAR_LEVEL = 0.01


class Trading(NamedTuple):
    """Figures of the closed trades and of the account; money in quote currency."""

    trades: int = 0
    hit_rate: float = math.nan  # share with a gain
    profit_factor: float = math.nan  # Σ gains / |Σ losses|
    expectancy: float = math.nan  # mean result per trade
    payoff: float = math.nan  # mean gain / |mean loss|
    bars_held: float = math.nan  # mean
    exposure: float = 0.0  # share of bars that end in a position
    turnover: float = 0.0  # Σ |notional| / mean equity, a year
    fees: float = 0.0
    slippage: float = 0.0  # half spread and slippage
    cost_drag: float = 0.0  # fees and slippage / mean equity, a year
    var99_days: int = 0  # days that began in a position with a known value at risk
    var99_exceedances: int = 0  # those that lost more
    kupiec: float = math.nan  # likelihood ratio for 1%; above 3.841 the level is rejected at 5%


def trading(ledgers: Sequence[Ledger], mean_equity: float, years: float) -> Trading:
    """Return the figures over all symbols. Suspect trades count: their result is in the equity too."""
    results = np.concatenate([np.zeros(0), *(ledger.trades["pnl"] for ledger in ledgers)])
    held = np.concatenate([np.zeros(0), *(ledger.trades["bars_held"] for ledger in ledgers)])
    bars = sum(len(ledger.bars) for ledger in ledgers)
    in_position = sum(int(np.count_nonzero(ledger.bars["qty"])) for ledger in ledgers)
    traded, fees, slippage = (sum(float(np.sum(ledger.bars[name])) for ledger in ledgers) for name in
                              ("traded", "fees", "slippage"))  # fmt: skip
    scale = mean_equity * years
    days, exceeded = _exceedances(ledgers)
    gains, losses = results[results > 0.0], results[results < 0.0]
    return Trading(
        trades=results.size,
        hit_rate=gains.size / results.size if results.size else math.nan,
        profit_factor=_over(float(gains.sum()), -float(losses.sum())),
        expectancy=_mean(results),
        payoff=_over(_mean(gains), -_mean(losses)),
        bars_held=_mean(held),
        exposure=in_position / bars if bars else math.nan,
        turnover=_over(traded, scale),
        fees=fees,
        slippage=slippage,
        cost_drag=_over(fees + slippage, scale),
        var99_days=days,
        var99_exceedances=exceeded,
        kupiec=kupiec(exceeded, days, VAR_LEVEL),
    )


def kupiec(exceedances: int, days: int, level: float) -> float:
    """Return the likelihood ratio of the proportion of failures [Kupiec 1995]; NaN without days.

    It is χ²(1) when the level is right.
    """
    if not days:
        return math.nan
    kept = days - exceedances
    seen = exceedances / days
    ratio = kept * math.log((1.0 - level) / (1.0 - seen)) if kept else 0.0
    ratio += exceedances * math.log(level / seen) if exceedances else 0.0
    return -2.0 * ratio


def _exceedances(ledgers: Sequence[Ledger]) -> tuple[int, int]:
    days = exceeded = 0
    for ledger in ledgers:
        last = np.flatnonzero(np.diff(trading_days(ledger), append=np.iinfo(np.int64).max))
        equity, var99 = ledger.bars["equity"][last], ledger.bars["var99"][last][:-1]
        lost = -np.diff(equity) / ledger.budget
        known = var99 > 0.0
        days += int(known.sum())
        exceeded += int((lost[known] > var99[known]).sum())
    return days, exceeded


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(np.mean(values)) if values.size else math.nan


def _over(above: float, below: float) -> float:
    return above / below if below > 0.0 else math.nan
