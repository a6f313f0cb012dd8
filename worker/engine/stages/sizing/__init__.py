"""Sizing: quantity, stop and target (domain §8.1, §9)."""

from __future__ import annotations

from worker.engine.stages.sizing.settings import Settings
from worker.engine.stages.sizing.settings import SizingParams as Params
from worker.engine.stages.sizing.step import OUTPUT, limit, step

__all__ = ["OUTPUT", "Params", "Settings", "limit", "step"]
