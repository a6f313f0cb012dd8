"""Calibration: the probability that a signal's direction is right, by |final| and symbol (domain §7.3)."""

from __future__ import annotations

from worker.engine.stages.calibration.outcomes import CAPACITY, FULL, STRIDE
from worker.engine.stages.calibration.settings import CalibrationParams as Params
from worker.engine.stages.calibration.settings import Settings
from worker.engine.stages.calibration.step import OUTPUT, STATE, step

__all__ = ["CAPACITY", "FULL", "OUTPUT", "STATE", "STRIDE", "Params", "Settings", "step"]
