"""Decision: what to do at the next open, why, and what of it is published (domain §10)."""

from __future__ import annotations

from worker.engine.stages.decision.output import OUTPUT
from worker.engine.stages.decision.settings import DecisionParams as Params
from worker.engine.stages.decision.settings import Settings
from worker.engine.stages.decision.step import step
from worker.engine.stages.execution.orders import Action

__all__ = ["OUTPUT", "Action", "Params", "Settings", "step"]
