"""Strategies of users, as text."""

from __future__ import annotations

HEAD = """
import math
from math import floor, sqrt

from worker.strategy import *
"""

BREAKOUT = """
class Breakout(Strategy):
    version, tags, notes = 3, ("breakout", "channel_exit"), ("atr", "losses")

    class Parameters(Parameters):
        enter: int = Field(20, ge=2, le=500)
        leave: int = Field(10, ge=2, le=500)
        stop_atr: float = Field(2.5, gt=0, le=20)
        risk: float = Field(0.005, gt=0, le=0.05)
        pause: int = Field(24, ge=0, le=10_000)
        slow: str = "4h"

    class State:
        losses: int
        paused_until: int

    def indicators(p):
        return {
            "channel": ta.donchian(p.enter), "low": ta.lowest(p.leave), "high": ta.highest(p.leave), "atr": ta.atr(14),
            "slow": ta.ema(50, timeframe=p.slow), "price": ta.close(timeframe=p.slow),
        }

    def step(c):
        ind, was, own, p, order, close, held = c.ind, c.was, c.state, c.p, c.order, c.bar.close, c.position.side
        if c.closed.closed:
            own.losses = own.losses + 1 if c.closed.pnl < 0.0 else 0
            if own.losses >= 3:
                own.losses, own.paused_until = 0, c.bar.ts + p.pause * c.bar.interval_ms
        order.notes[0], order.notes[1] = ind.atr, own.losses
        if (held > 0 and close < was.low) or (held < 0 and close > was.high):
            order.side, order.tag = FLAT, 1
        elif held != 0:
            level = close - held * p.stop_atr * ind.atr
            order.stop = max(c.position.stop, level) if held > 0 else min(c.position.stop, level)
        elif c.bar.ts >= own.paused_until:
            up = close > was.channel_upper and ind.price > ind.slow
            down = close < was.channel_lower and ind.price < ind.slow
            if up or down:
                order.side, order.tag, order.risk = LONG if up else SHORT, 0, p.risk
                order.stop = close - order.side * p.stop_atr * ind.atr
"""

# All kinds of state, every part of `c`, a function of its own, the project's logarithms, comparisons at the edge.
EVERYTHING = """
def squeeze(x, most):
    return most * tanh(x / most)


class Everything(Strategy):
    notes = ("a", "b", "c", "d")

    class Parameters(Parameters):
        weight: float = 0.3
        long_only: bool = False

    class State:
        count: int
        level: float
        armed: bool
        recent: Floats[8]
        hits: Ints[3]

    def indicators(p):
        return {"fast": ta.ema(5), "late": ta.optional(ta.sma(300)), "macd": ta.macd(5, 9, 3)}

    def step(c):
        own, order = c.state, c.order
        own.recent[own.count % 8] = log(c.bar.close / c.ind.fast)
        own.hits[own.count % 3] += 1
        own.count += 1
        own.level = own.level + c.p.weight * (squeeze(c.bar.close - own.level, 5.0))
        own.armed = not own.armed
        total = 0.0
        for i in range(8):
            total += own.recent[i]
        order.notes[0] = total
        root = sqrt(abs(total)) + math.sqrt(c.bar.close)
        order.notes[1] = root + exp(-abs(total)) + c.features.rsi_14 + c.regime.p_turb
        order.notes[2] = max(-0.0, 0.0 * total, c.model.prob) + min(c.timeframes.direction[2], 1.0, total)
        order.notes[3] = c.ind.late if c.ind.late == c.ind.late else -1.0
        order.strength = max(0, min(1.0, c.ind.macd_hist))
        if own.armed and c.position.side == 0 and not c.p.long_only:
            order.side, order.qty, order.entry, order.price = SHORT, 2.5, LIMIT, c.bar.close + 1.0
            order.bars, order.resize = 1 + c.timeframes.age_ms[1] // 900_000, True
        elif c.bar.volume > 0.0 and c.position.bars_held > 3:
            order.side, order.share, order.target = LONG, 1, c.bar.high
"""

# Rolling code of its own: a mean of what a window of closes was at most away from, with what `ta` has beside it.
ROLLING = """
LENGTH = 16


def furthest(values, middle):
    most = 0.0
    for i in range(LENGTH):
        most = max(most, abs(values[i] - middle))
    return most


class OwnWindow(Strategy):
    values = ("away", "count")

    class Parameters(Parameters):
        skip: int = 3

    class Memory:
        closes: Floats[16]
        count: int

    class State:
        sum: float

    def indicators(p):
        return {"mean": ta.sma(10)}

    def observe(c):
        memory = c.memory
        memory.closes[memory.count % LENGTH] = c.bar.close
        memory.count += 1
        if c.bar.ts // 3_600_000 % 50 == 7:
            memory.closes[LENGTH] = 1.0
        if memory.count > LENGTH + c.p.skip:
            c.out.away = furthest(memory.closes, c.ind.mean) + (c.was.away if c.was.away == c.was.away else 0.0) * 0.5
        c.out.count = memory.count

    def step(c):
        c.state.sum += c.ind.away - c.was.away
        c.order.notes[0], c.order.notes[1], c.order.notes[2] = c.ind.away, c.ind.count, c.state.sum
        c.order.side = LONG if c.ind.away > c.was.away else SHORT
"""

# State of any kind, in Python only.
PACKED = """
import msgspec


class Packed(Strategy):
    state_bytes = 200
    notes = ("seen", "last")

    class State(msgspec.Struct):
        seen: dict[str, int] = {}
        last: list[float] = []
        days: set[int] = msgspec.field(default_factory=set)

    def step(c):
        own, key = c.state, "up" if c.bar.close > c.bar.open else "down"
        own.seen[key] = own.seen.get(key, 0) + 1
        own.last = [*own.last[-2:], c.bar.close]
        own.days.add(c.bar.ts // 86_400_000 % 7)
        c.order.notes[0], c.order.notes[1] = own.seen[key], sum(own.last)
        c.order.side = LONG if len(own.days) % 2 else FLAT
"""

STRATEGIES = {"breakout": HEAD + BREAKOUT, "everything": HEAD + EVERYTHING, "rolling": HEAD + ROLLING}


def with_step(*lines: str, state: str = "pass", head: str = "") -> str:
    """A strategy whose step is these lines."""
    body = "\n".join(f"        {line}" for line in lines)
    return f"{HEAD}{head}\n\nclass Own(Strategy):\n    class State:\n        {state}\n\n    def step(c):\n{body}\n"


# Reads the extra columns `other` and `funding`, in its step and in its rolling code.
PAIR = """
from math import isnan

from worker.strategy import FLAT, LONG, Floats, Strategy, ta


class Pair(Strategy):
    values, notes = ("usual",), ("other", "usual", "funding")

    class Memory:
        ratios: Floats[16]
        count: int

    def indicators(p):
        return {"atr": ta.atr(14)}

    def observe(c):
        memory, ratio = c.memory, c.bar.close / c.extra.other
        if not isnan(ratio):
            memory.ratios[memory.count % 16] = ratio
            memory.count += 1
        if memory.count >= 16:
            total = 0.0
            for value in memory.ratios:
                total += value
            c.out.usual = total / 16.0

    def step(c):
        more, order = c.extra, c.order
        order.notes[0], order.notes[1], order.notes[2] = more.other, c.ind.usual, more.funding
        if c.position.side == 0 and c.bar.close < 0.99 * c.ind.usual * more.other:
            order.side, order.share = LONG, 0.1
        elif c.bar.close > c.ind.usual * more.other:
            order.side = FLAT
"""
