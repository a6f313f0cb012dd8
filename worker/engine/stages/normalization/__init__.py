"""Normalization: prices and volume on the scale of their own recent past."""

from __future__ import annotations

from worker.engine.stages.normalization.settings import Method, Params, Settings
from worker.engine.stages.normalization.state import OUTPUT, STATE
from worker.engine.stages.normalization.step import step

__all__ = ["OUTPUT", "STATE", "Method", "Params", "Settings", "step"]
