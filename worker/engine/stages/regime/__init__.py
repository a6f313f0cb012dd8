"""Market regime: trend, range, high volatility or crisis, with hysteresis (domain §5)."""

from __future__ import annotations

from worker.engine.stages.regime.codes import Regime, Volatility
from worker.engine.stages.regime.settings import RegimeParams as Params
from worker.engine.stages.regime.settings import Settings
from worker.engine.stages.regime.step import OUTPUT, STATE, step

__all__ = ["OUTPUT", "STATE", "Params", "Regime", "Settings", "Volatility", "step"]
