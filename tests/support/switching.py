"""A strategy in two versions, for switches between them and between their parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from schemas.control import StrategySwitch
from tests.support.strategies import HEAD
from worker.strategy.describing.definition import define
from worker.strategy.describing.source import from_file

NAME = "channel"

FIRST = f"""{HEAD}

class Channel(Strategy):
    version, tags, notes = 1, ("in", "out"), ("trend", "steps")

    class Parameters(Parameters):
        enter: int = Field(20, ge=2, le=500)
        risk: float = Field(0.01, gt=0, le=0.05)
        slow: str = "15m"

    class State:
        steps: int
        best: float

    def migrate(old):
        return {{"steps": old["calls"], "best": old["best"]}}

    def indicators(p):
        trend = ta.ema(5, timeframe=p.slow)
        return {{"channel": ta.donchian(p.enter), "low": ta.lowest(10), "atr": ta.atr(14), "trend": trend}}

    def step(c):
        ind, was, own, order, close = c.ind, c.was, c.state, c.order, c.bar.close
        own.steps += 1
        own.best = max(own.best, close)
        order.notes[0], order.notes[1] = ind.trend, own.steps
        if c.position.side > 0:
            if close < was.low:
                order.side, order.tag = FLAT, 1
            else:
                order.stop = max(c.position.stop, close - 2.0 * ind.atr)
        elif close > was.channel_upper:
            order.side, order.tag, order.risk, order.stop = LONG, 0, c.p.risk, close - 2.0 * ind.atr
"""

# One field more, before the others, another one under a new name; more notes; shorts as well; wider indicators.
SECOND = f"""{HEAD}

class Channel(Strategy):
    version, tags, notes = 2, ("out", "long", "short"), ("steps", "turns", "trend")

    class Parameters(Parameters):
        enter: int = Field(20, ge=2, le=500)
        risk: float = Field(0.01, gt=0, le=0.05)
        distance: float = Field(3.0, gt=0)

    class State:
        turns: int
        calls: int
        best: float

    def migrate(old):
        return {{"calls": old["steps"], "best": old["best"]}}

    def indicators(p):
        trend = ta.ema(5, timeframe="15m")
        ranges = {{"channel": ta.donchian(p.enter), "atr": ta.atr(14), "calm": ta.sma(60, source=ta.atr(5))}}
        return ranges | {{"trend": trend}}

    def step(c):
        ind, was, own, order, close, held = c.ind, c.was, c.state, c.order, c.bar.close, c.position.side
        own.calls += 1
        order.notes[0], order.notes[1], order.notes[2] = own.calls, own.turns, ind.trend
        up, down = close > was.channel_upper, close < was.channel_lower
        if (held < 0 and up) or (held > 0 and down):
            own.turns += 1
            order.side, order.tag = FLAT, 0
        elif held == 0 and (up or down):
            order.side, order.tag, order.risk = (LONG, 1, c.p.risk) if up else (SHORT, 2, c.p.risk)
            order.stop = close - order.side * c.p.distance * ind.atr
"""

# The first with another stop and one field more: its indicators are the same, so that nothing of them begins anew.
EDITED = (
    FIRST.replace('notes = 1, ("in", "out"), ("trend", "steps")', 'notes = 2, ("in", "out"), ("trend", "calls")')
    .replace('    def migrate(old):\n        return {"steps": old["calls"], "best": old["best"]}\n\n', "")
    .replace("        steps: int\n", "        calls: int\n        steps: int\n")
    .replace("        own.steps += 1\n", "        own.steps, own.calls = own.steps + 1, own.calls + 1\n")
    .replace("ind.trend, own.steps", "ind.trend, own.steps + 1_000_000.0 * own.calls")
    .replace("2.0 * ind.atr", "3.0 * ind.atr")
)


def files(folder: Path) -> tuple[Path, Path]:
    """Both versions in files."""
    first, second = folder / "first.py", folder / "second.py"
    first.write_text(FIRST)
    second.write_text(SECOND)
    return first, second


def switch(file: Path, **parameters: Any) -> StrategySwitch:
    """The switch to a file with these parameters, as the command publishes it."""
    found = define(from_file(file), parameters)
    return StrategySwitch(found.name, found.version, found.source.digest, found.parameters.model_dump())
