"""All figures of a run in one table: the strategy beside buy-and-hold and beside doing nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from worker.backtest.ledger import Ledger
from worker.backtest.metrics.about import about
from worker.backtest.metrics.blocked import blocked
from worker.backtest.metrics.calendar_returns import years
from worker.backtest.metrics.days import Days, buy_and_hold, daily, per_year, together
from worker.backtest.metrics.ratios import ratios
from worker.backtest.metrics.trading import Trading, held, trading
from worker.backtest.metrics.verdicts import verdicts
from worker.engine.reasons import codes
from worker.engine.settings import EngineSettings

STRATEGIES = ("strategy", "buy_and_hold", "flat")
Figures = dict[str, Any]


class Curves(NamedTuple):
    """Equity of the same capital in three strategies, on the same days."""

    strategy: Days
    buy_and_hold: Days
    flat: Days


def curves(ledgers: Sequence[Ledger]) -> Curves:
    """Return the equity by trading day of one or more symbols together."""
    own = together([daily(ledger) for ledger in ledgers])
    flat = own._replace(equity=np.full(own.day.size, own.start))
    return Curves(own, together([daily(ledger, buy_and_hold) for ledger in ledgers]), flat)


def figures(ledgers: Sequence[Ledger], found: Curves, periods: float) -> dict[str, Figures]:
    """Return the ratios and the trading figures by the names of `STRATEGIES`; `periods` returns a year."""
    own, other = found.strategy, found.buy_and_hold
    means = [float(np.mean(days.equity)) if days.day.size else math.nan for days in (own, other)]
    traded = (trading(ledgers, means[0], own.years), held(ledgers, means[1], other.years), Trading())
    return {
        name: ratios(days.returns, periods, days.years)._asdict() | account._asdict()
        for name, days, account in zip(STRATEGIES, found, traded, strict=True)
    }


def summary(
    ledgers: Sequence[Ledger], settings: EngineSettings, periods: float | None = None, inputs: Sequence[str] = ()
) -> Figures:
    """Return the content of `metrics.json`; `periods` returns a year, else as `sessions` derives."""
    traded = [ledger for ledger in ledgers if len(ledger.bars)]
    found = curves(traded)
    year = periods or per_year(traded, found.strategy)
    portfolio = figures(traded, found, year)
    return about(traded, found.strategy, settings, inputs) | {
        "periods_per_year": year,
        "decisions": sum(len(ledger.bars) for ledger in ledgers),
        "rejections": sum(len(ledger.rejected) for ledger in ledgers),
        "rejection_codes": rejection_codes(ledgers),
        "blocks": blocked(ledgers, settings),
        "splits": [{"symbol": one.symbol, **split._asdict()} for one in ledgers for split in one.splits],
        "portfolio": portfolio,
        "verdicts": verdicts(portfolio["strategy"], portfolio["buy_and_hold"], found.strategy.years),
        "returns": [row._asdict() for row in years(found.strategy)],
        "symbols": {one.symbol: _of_symbol(one, periods) for one in traded},
    }


def _of_symbol(ledger: Ledger, periods: float | None) -> dict[str, Figures]:
    found = curves([ledger])
    return figures([ledger], found, periods or per_year([ledger], found.strategy))


def rejection_codes(ledgers: Sequence[Ledger]) -> dict[str, int]:
    """Count the rejected records with each code, in bit order; a record may carry several."""
    masks: Counter[int] = Counter()
    for ledger in ledgers:
        masks.update(ledger.rejected["mask"].tolist())
    found: Counter[str] = Counter()
    for mask in sorted(masks):
        for code in codes(mask):
            found[code] += masks[mask]
    return dict(sorted(found.items()))
