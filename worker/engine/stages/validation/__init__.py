"""Validation: whether a bar is usable, its quality, and its reference price."""

from __future__ import annotations

from worker.engine.stages.validation.decided import DECIDED
from worker.engine.stages.validation.settings import Params, Settings
from worker.engine.stages.validation.state import OUTPUT, STATE
from worker.engine.stages.validation.step import step

__all__ = ["DECIDED", "OUTPUT", "STATE", "Params", "Settings", "step"]
