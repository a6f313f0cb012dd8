"""Signal: the rule ensemble's components, their weights by regime, score, agreement and confidence (domain §7.1)."""

from __future__ import annotations

from worker.engine.stages.signal.components import COMPONENTS
from worker.engine.stages.signal.ensemble import OUTPUT, step
from worker.engine.stages.signal.settings import Settings
from worker.engine.stages.signal.settings import SignalParams as Params

__all__ = ["COMPONENTS", "OUTPUT", "Params", "Settings", "step"]
