"""Validation: is a bar fit to be used, how good is it, and what is the price it is measured against."""

from __future__ import annotations

from worker.engine.stages.validation.decided import DECIDED
from worker.engine.stages.validation.settings import Params, Settings
from worker.engine.stages.validation.state import OUTPUT, STATE
from worker.engine.stages.validation.step import step

__all__ = ["DECIDED", "OUTPUT", "STATE", "Params", "Settings", "step"]
