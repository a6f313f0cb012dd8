"""Execution of the virtual position: fills of the pending order, protective exits, mark to market (domain §10)."""

from __future__ import annotations

from worker.engine.stages.execution.account import OUTPUT, POSITION, TRADE
from worker.engine.stages.execution.orders import PENDING, Action
from worker.engine.stages.execution.settings import ExecutionParams as Params
from worker.engine.stages.execution.settings import Settings
from worker.engine.stages.execution.step import step

__all__ = ["OUTPUT", "PENDING", "POSITION", "TRADE", "Action", "Params", "Settings", "step"]
