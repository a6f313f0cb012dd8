"""Decision: the action at the next open, its reasons, and the published values (domain §10)."""

from __future__ import annotations

from worker.engine.stages.decision.output import OUTPUT
from worker.engine.stages.decision.settings import DecisionParams as Params
from worker.engine.stages.decision.settings import Settings
from worker.engine.stages.decision.step import step
from worker.engine.stages.execution.orders import Action

__all__ = ["OUTPUT", "Action", "Params", "Settings", "step"]
