"""The decision where a strategy says what it wants; limits, controls and gates still hold."""

from __future__ import annotations

from worker.engine.stages.decision.following.said import OUTPUT, begin
from worker.engine.stages.decision.following.sound import check, failed
from worker.engine.stages.decision.following.step import follow, stand_in

__all__ = ["OUTPUT", "begin", "check", "failed", "follow", "stand_in"]
