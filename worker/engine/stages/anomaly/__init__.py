"""Anomaly: bars far outside the distribution of the symbol's recent ones (domain §7.5)."""

from __future__ import annotations

from worker.engine.stages.anomaly.settings import AnomalyParams as Params
from worker.engine.stages.anomaly.settings import Settings
from worker.engine.stages.anomaly.step import OUTPUT, STATE, step

__all__ = ["OUTPUT", "STATE", "Params", "Settings", "step"]
