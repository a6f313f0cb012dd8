"""Patterns: candlesticks with TA-Lib's semantics and chart structure (domain §4)."""

from __future__ import annotations

from worker.engine.stages.patterns.candles.catalogue import CANDLES
from worker.engine.stages.patterns.settings import PatternParams as Params
from worker.engine.stages.patterns.settings import Settings
from worker.engine.stages.patterns.step import OUTPUT, STATE, step
from worker.engine.stages.patterns.structure.events import EVENTS

__all__ = ["CANDLES", "EVENTS", "OUTPUT", "STATE", "Params", "Settings", "step"]
