"""Our side: a strategy's file through the backtest's player."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bench.strategies.cases import BUDGET, FEE, PROFILE, RULES, Case
from tests.bench.strategies.markets import DAY, series
from tests.bench.strategies.trades import Fill, Trade, lots
from worker.backtest.ledger import Ledger
from worker.backtest.player import Player
from worker.backtest.tape import BarPart, Tape
from worker.configured_strategy import filled
from worker.engine.settings import EngineSettings, engine_settings

KEY = b"X"


class Incomparable(Exception):
    """A bar was refused or meant otherwise; the text says how many."""


def settings(case: Case, mode: str = "compiled") -> EngineSettings:
    """The engine's settings for one case."""
    interval = "1d" if int(series(case.market)["interval_ms"][0]) == DAY else "1h"
    own = {
        "ingestion": {"interval": interval},
        "instruments": {KEY.decode(): {"lot": 1.0, "interval": interval}},
        "strategy": {"file": str(RULES / f"{case.rule}.py"), "mode": mode, "parameters": case.parameters},
    }
    return filled(engine_settings(PROFILE | own))


def played(case: Case, mode: str = "compiled") -> list[Trade]:
    """The trades of one case.

    Raises:
        Incomparable: the engine refused a bar, or took a step for a split, which the others do not.
    """
    bars = series(case.market)
    interval = "1d" if int(bars["interval_ms"][0]) == DAY else "1h"
    ledger = Player(settings(case, mode)).play(Tape(KEY, [BarPart(KEY, interval, bars.copy())]))
    if len(ledger.rejected) or ledger.bars["rebased"].any():
        shifts = int(ledger.bars["rebased"].sum())
        raise Incomparable(f"{case.name}: {len(ledger.rejected)} bars rejected, {shifts} new price levels")
    return lots(_fills(ledger), FEE) if case.rule == "resized" else _trades(ledger, bars)


def _trades(ledger: Ledger, bars: NDArray[Any]) -> list[Trade]:
    rows = ledger.trades
    entered = np.searchsorted(bars["ts"], rows["entry_ts"])
    left = np.searchsorted(ledger.bars["close_ts"], rows["exit_ts"])
    columns = (entered, left, *(rows[name] for name in ("side", "qty", "entry", "exit", "pnl")))
    return [Trade(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _fills(ledger: Ledger) -> list[Fill]:
    """One fill a bar; its price follows from what it was worth."""
    assert ledger.budget == BUDGET
    bought = np.diff(ledger.bars["qty"], prepend=0.0)
    at = np.flatnonzero(bought)
    return [Fill(int(i), float(bought[i]), float(ledger.bars["traded"][i] / abs(bought[i]))) for i in at]
