"""Risk: volatility, drawdown, gates, scale factors and the limits of the control record (domain §8)."""

from __future__ import annotations

from worker.engine.stages.risk.control import LIMITS
from worker.engine.stages.risk.settings import RiskParams as Params
from worker.engine.stages.risk.settings import Settings
from worker.engine.stages.risk.step import OUTPUT, STATE, step

__all__ = ["LIMITS", "OUTPUT", "STATE", "Params", "Settings", "step"]
