"""One try of a sweep: what is kept of it, and how it is made by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from worker.backtest.metrics.days import Days, buy_and_hold, daily, per_year, together
from worker.backtest.metrics.trading import Trading, trading
from worker.backtest.player import Player
from worker.backtest.tape import Tape
from worker.engine.settings import EngineSettings


class Try(NamedTuple):
    """Days and trades of one setting."""

    days: Days
    trading: Trading
    per_year: float  # number of its days in a year
    held: Days  # of buy-and-hold


def try_out(tapes: Sequence[Tape], settings: EngineSettings, registry: Path | None = None) -> Try:
    """Play all tapes under one setting, without writing lines."""
    player = Player(settings, registry)
    ledgers = [ledger for ledger in map(player.play, tapes) if len(ledger.bars)]
    days = together([daily(ledger) for ledger in ledgers])
    held = together([daily(ledger, buy_and_hold) for ledger in ledgers])
    return Try(days, trading(ledgers, mean_equity(days), days.years), per_year(ledgers, days), held)


def mean_equity(days: Days) -> float:
    """Return the mean equity of the days, NaN without any."""
    return float(np.mean(days.equity)) if days.day.size else math.nan
