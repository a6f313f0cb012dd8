"""What a strategy's file imports."""

from __future__ import annotations

from pydantic import Field

from worker.engine.asking.intent import FLAT, KEEP, LIMIT, LONG, MARKET, SHORT, STOP
from worker.strategy import ta
from worker.strategy.declaring.declared import Parameters, State, Strategy
from worker.strategy.declaring.fields import Floats, Ints
from worker.strategy.declaring.functions import exp, log, tanh

__all__ = [
    "FLAT", "KEEP", "LIMIT", "LONG", "MARKET", "SHORT", "STOP", "Field", "Floats", "Ints", "Parameters", "State",
    "Strategy", "exp", "log", "ta", "tanh",
]  # fmt: skip
