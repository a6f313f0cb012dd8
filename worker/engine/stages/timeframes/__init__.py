"""Higher timeframes: closed 5m to 1d buckets of a symbol's bars, their trends, and the fusion of these (domain §6)."""

from __future__ import annotations

from worker.engine.stages.timeframes.settings import LENGTHS, TIMEFRAMES, Settings
from worker.engine.stages.timeframes.settings import TimeframeParams as Params
from worker.engine.stages.timeframes.step import OUTPUT, STATE, step

__all__ = ["LENGTHS", "OUTPUT", "STATE", "TIMEFRAMES", "Params", "Settings", "step"]
