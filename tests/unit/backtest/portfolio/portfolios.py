"""Portfolios to play: real series, and a crash that is made up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.support import crash, lean
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
CALM = RiskSettings.model_validate(crash.CALM)
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


def crashing(symbols: int = 8, before: int = 300, after: int = 90) -> list[Tape]:
    """The tapes of a market that crashes."""
    return tapes(crash.crashing(symbols, before, after))
