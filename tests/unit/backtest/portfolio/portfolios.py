"""Portfolios to play: real series, and a crash that is made up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from schemas.tick import Tick, encode_tick
from tests.support import lean
from tests.support.portfolio import MINUTE, START
from worker.backtest.portfolio.ensemble import Ensemble
from worker.backtest.portfolio.play import Moment
from worker.backtest.tape import Tape, tapes
from worker.engine.settings import EngineSettings
from worker.risk.monitor import Output
from worker.risk.settings import RiskSettings

EQUITIES = ("aapl", "aig", "bac", "eem", "fb", "goog", "ibm", "iwm", "qqq", "spy", "uso", "wm")
NO_EXTRA: dict[str, Any] = {}
# Small enough that each of them trips.
TIGHT = RiskSettings.model_validate(
    {
        "returns": "1d",
        "capital": 60_000.0,
        "max_gross": 0.5,
        "max_net": 0.4,
        "max_symbol": 0.1,
        "max_group": 0.2,
        "max_cluster": 0.25,
        "max_var99": 0.01,
        "max_es99": 0.015,
        "day_block": 0.004,
        "day_kill": 0.008,
        "drawdown_soft": 0.01,
        "drawdown_hard": 0.05,
    }
)
# Large enough that only a crash trips the kill.
CALM = RiskSettings.model_validate(
    {
        "returns": "5m",
        "day_block": 0.005,
        "day_kill": 0.01,
        "drawdown_soft": 0.5,
        "drawdown_hard": 0.9,
        **dict.fromkeys(("max_group", "max_cluster", "max_net", "max_gross"), 5.0),
        **dict.fromkeys(("max_var99", "max_es99"), 1.0),
    }
)
ENGINE = EngineSettings.model_validate(
    {"instruments": {name.upper(): {"group": "etf"} for name in ("eem", "iwm", "qqq", "spy", "uso")}}
)


def real(bars: int = 700) -> list[Tape]:
    """The last bars of twelve daily series. Skips the test where they are absent."""
    series = {name.upper().encode(): lean.equity(name)[-bars:] for name in EQUITIES}
    return tapes((key, "1d", rows, NO_EXTRA) for key, rows in series.items())


def ensemble(of: Iterable[Tape], engine: EngineSettings = ENGINE) -> Ensemble:
    found = Ensemble(list(of), engine)
    found.warm_up()
    return found


def decisions(run: Iterable[Moment]) -> list[bytes]:
    return [value for moment in run for value in moment.decisions]


def outputs(run: Iterable[Moment]) -> list[Output]:
    return [step.output for moment in run for step in moment.steps]


def tick(symbol: str, ts: int, close: float, interval: str = "1m", opened: float | None = None) -> tuple[Any, ...]:
    """A record of a topic: key, value and timestamp."""
    first = close if opened is None else opened
    value = encode_tick(Tick(symbol, ts, first, max(first, close), min(first, close), close, 1e6, interval), {})
    return symbol.encode(), value, ts + MINUTE


CRASH = START + 23 * 60 * MINUTE + 30 * MINUTE  # half an hour before the next UTC day


def crashing(symbols: int = 8, before: int = 300, after: int = 90, seed: int = 3) -> list[Tape]:
    """Minutes of symbols that rise; at `CRASH` every other one opens 30% lower, and then stands."""
    records = []
    for at in range(symbols):
        rng, close = np.random.default_rng([seed, at]), 100.0
        for bar in range(-before, after):
            opened = close * (0.7 if bar == 0 and at % 2 else 1.0)
            drift = 0.0 if bar >= 0 and at % 2 else 0.0008
            close = opened * float(np.exp(drift + 0.0012 * rng.standard_normal()))
            records.append(tick(f"S{at:02d}", CRASH + bar * MINUTE, round(close, 4), opened=round(opened, 4)))
    return tapes(records)
