"""Forecast: the expected log return over the horizon, and its standard error (domain §7.5)."""

from __future__ import annotations

from worker.engine.stages.forecast.settings import ForecastParams as Params
from worker.engine.stages.forecast.settings import Method, Settings
from worker.engine.stages.forecast.step import OUTPUT, STATE, step

__all__ = ["OUTPUT", "STATE", "Method", "Params", "Settings", "step"]
