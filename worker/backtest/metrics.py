"""All figures of a run in one table: the strategy beside buy-and-hold and beside doing nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from worker.backtest.days import Days, buy_and_hold, daily, days_per_year, together
from worker.backtest.ledger import Ledger
from worker.backtest.ratios import ratios
from worker.backtest.trading import Trading, trading
from worker.engine.reasons import codes
from worker.engine.settings import ENGINE_VERSION, EngineSettings
from worker.engine.stages.features import FEATURE_SET_VERSION

STRATEGIES = ("strategy", "buy_and_hold", "flat")
Figures = dict[str, Any]


class Curves(NamedTuple):
    """The equity of the same capital in three hands, on the same days."""

    strategy: Days
    buy_and_hold: Days
    flat: Days


def entry_cost(settings: EngineSettings) -> float:
    """What an order at the market costs, fraction of its notional."""
    costs = settings.execution.params()
    return costs.spread_and_slip + costs.fee


def curves(ledgers: Sequence[Ledger], settings: EngineSettings) -> Curves:
    """Daily equity of one or more symbols together."""
    held = partial(buy_and_hold, cost=entry_cost(settings))
    own = together([daily(ledger) for ledger in ledgers])
    flat = Days(own.day, np.full(own.day.size, own.start), own.start)
    return Curves(own, together([daily(ledger, held) for ledger in ledgers]), flat)


def figures(ledgers: Sequence[Ledger], found: Curves, per_year: float) -> dict[str, Figures]:
    """Ratios on daily returns and trading figures, by the names of `STRATEGIES`."""
    own = found.strategy
    years = own.day.size / per_year
    mean = float(np.mean(own.equity)) if own.day.size else math.nan
    traded = (trading(ledgers, mean, years), Trading(exposure=1.0), Trading())
    return {
        name: ratios(days.returns, per_year)._asdict() | account._asdict()
        for name, days, account in zip(STRATEGIES, found, traded, strict=True)
    }


def summary(ledgers: Sequence[Ledger], settings: EngineSettings, per_year: int | None = None) -> Figures:
    """What `metrics.json` holds; `per_year` days a year, else 365 where there are weekend bars and 252 where not."""
    traded = [ledger for ledger in ledgers if len(ledger.bars)]
    found = curves(traded, settings)
    year = per_year or days_per_year(found.strategy.day)
    return {
        "engine_version": ENGINE_VERSION,
        "feature_set_version": FEATURE_SET_VERSION,
        "config_hash": settings.config_hash(),
        "days_per_year": year,
        "decisions": sum(len(ledger.bars) for ledger in ledgers),
        "rejections": sum(len(ledger.rejected) for ledger in ledgers),
        "rejection_codes": rejection_codes(ledgers),
        "portfolio": figures(traded, found, year),
        "symbols": {one.symbol: _of_symbol(one, settings, per_year) for one in traded},
    }


def _of_symbol(ledger: Ledger, settings: EngineSettings, per_year: int | None) -> dict[str, Figures]:
    found = curves([ledger], settings)
    return figures([ledger], found, per_year or days_per_year(found.strategy.day))


def rejection_codes(ledgers: Sequence[Ledger]) -> dict[str, int]:
    """How many rejected records carry each code, in bit order; a record may carry several."""
    masks: Counter[int] = Counter()
    for ledger in ledgers:
        masks.update(ledger.rejected["mask"].tolist())
    found: Counter[str] = Counter()
    for mask in sorted(masks):
        for code in codes(mask):
            found[code] += masks[mask]
    return dict(sorted(found.items()))
