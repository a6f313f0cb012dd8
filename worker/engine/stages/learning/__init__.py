"""Online learning: one model per symbol, trained on its own delayed labels, silent after drift (domain §7.4)."""

from __future__ import annotations

from worker.engine.stages.learning.inputs import INPUTS
from worker.engine.stages.learning.settings import LearningParams as Params
from worker.engine.stages.learning.settings import Method, Settings
from worker.engine.stages.learning.step import OUTPUT, STATE, step

__all__ = ["INPUTS", "OUTPUT", "STATE", "Method", "Params", "Settings", "step"]
