"""Figures of trades, exposure, costs and exceedances of the value at risk (domain §11, §8.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.ledger import Ledger
from worker.backtest.metrics.days import bought
from worker.backtest.metrics.sessions import trading_days

VAR_LEVEL = 0.01

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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


class Account(NamedTuple):
    """What the figures take of one symbol's ledger."""

    results: Floats  # of its closed trades, quote currency
    bars_held: Ints  # of these trades
    bars: int
    in_position: int  # bars that end in one
    traded: float  # Σ |notional|
    fees: float
    slippage: float
    var99_days: int
    var99_exceedances: int


def trading(ledgers: Sequence[Ledger], mean_equity: float, years: float) -> Trading:
    """Return the figures over all symbols. Suspect trades count: their result is in the equity too."""
    return figures([_account(ledger) for ledger in ledgers], mean_equity, years)


def held(ledgers: Sequence[Ledger], mean_equity: float, years: float) -> Trading:
    """Return the figures of buy-and-hold: one order a symbol, which stays open."""
    orders = [(bought(ledger), ledger.entry_cost) for ledger in ledgers]
    fees, slippage = sum(paid * cost.fee for paid, cost in orders), sum(paid * cost.slippage for paid, cost in orders)
    scale = mean_equity * years
    return Trading(
        exposure=1.0,
        turnover=_over(sum(paid for paid, _ in orders), scale),
        fees=fees,
        slippage=slippage,
        cost_drag=_over(fees + slippage, scale),
    )


def figures(accounts: Sequence[Account], mean_equity: float, years: float) -> Trading:
    """Return the figures over all accounts."""
    results = np.concatenate([np.zeros(0), *(each.results for each in accounts)])
    held = np.concatenate([np.zeros(0), *(each.bars_held for each in accounts)])
    bars = sum(each.bars for each in accounts)
    fees, slippage = sum(each.fees for each in accounts), sum(each.slippage for each in accounts)
    days = sum(each.var99_days for each in accounts)
    exceeded = sum(each.var99_exceedances for each in accounts)
    scale = mean_equity * years
    gains, losses = results[results > 0.0], results[results < 0.0]
    return Trading(
        trades=results.size,
        hit_rate=gains.size / results.size if results.size else math.nan,
        profit_factor=_over(float(gains.sum()), -float(losses.sum())),
        expectancy=_mean(results),
        payoff=_over(_mean(gains), -_mean(losses)),
        bars_held=_mean(held),
        exposure=sum(each.in_position for each in accounts) / bars if bars else math.nan,
        turnover=_over(sum(each.traded for each in accounts), scale),
        fees=fees,
        slippage=slippage,
        cost_drag=_over(fees + slippage, scale),
        var99_days=days,
        var99_exceedances=exceeded,
        kupiec=kupiec(exceeded, days, VAR_LEVEL),
    )


def _account(ledger: Ledger) -> Account:
    bars, trades = ledger.bars, ledger.trades
    last = np.flatnonzero(np.diff(trading_days(ledger), append=np.iinfo(np.int64).max))
    traded, fees, slippage = (float(np.sum(bars[name])) for name in ("traded", "fees", "slippage"))
    in_position = int(np.count_nonzero(bars["qty"]))
    exceeded = exceedances(bars["equity"][last], bars["var99"][last], ledger.budget)
    return Account(trades["pnl"], trades["bars_held"], len(bars), in_position, traded, fees, slippage, *exceeded)


def exceedances(equity: Floats, var99: Floats, budget: float) -> tuple[int, int]:
    """Return the days that began with a known value at risk, and those that lost more.

    Equity and value at risk are those after each trading day, (days,).
    """
    lost, known = -np.diff(equity) / budget, var99[:-1] > 0.0
    return int(known.sum()), int((lost[known] > var99[:-1][known]).sum())


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


def _mean(values: Floats) -> float:
    return float(np.mean(values)) if values.size else math.nan


def _over(above: float, below: float) -> float:
    return above / below if below > 0.0 else math.nan
