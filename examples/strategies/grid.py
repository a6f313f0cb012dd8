"""Buys a part at every step down from a high, and sells it one step higher.

Idea: a market that swings within a range pays for every swing. Risk: the worst kind. It wins nearly always, holds the
most where the price is lowest, and loses all its gains and more in one long fall. The stop below the last step says
how much; without it a grid ruins its owner sooner or later.
"""

from worker.strategy import FLAT, LONG, Field, Parameters, Strategy, ta


class Grid(Strategy):
    version, tags, notes = 1, ("buys", "sells", "begins", "ends"), ("top", "parts")

    class Parameters(Parameters):
        step_atr: float = Field(2.0, gt=0, le=20, description="height of a step, in average true ranges")
        parts: int = Field(4, ge=1, le=20, description="most parts that are held")
        share: float = Field(0.2, gt=0, le=1, description="of the budget, each part")
        pause: int = Field(20, ge=0, le=10_000, description="bars without a grid after its stop")

    class State:
        top: float  # of the grid; 0 = none yet
        step: float  # height, fixed while the grid stands
        parts: int  # that it wants to hold
        rest_until: int

    def indicators(p):
        return {"atr": ta.atr(20)}

    def step(c):
        own, p, order, close = c.state, c.p, c.order, c.bar.close
        down = (own.top - close) / own.step if own.top > 0.0 else 0.0
        stopped = c.closed.closed and c.position.side == 0 and own.parts > 0
        if stopped or down >= p.parts + 1:  # by the stop, or beyond it before there was one: a gap, another price level
            order.side, order.tag = FLAT, 3
            own.top, own.parts, own.rest_until = 0.0, 0, c.bar.ts + p.pause * c.bar.interval_ms
        if c.bar.ts < own.rest_until or c.ind.atr <= 0.0:
            return
        if own.top == 0.0 or (own.parts == 0 and close > own.top):
            own.top, own.step, order.tag, down = close, p.step_atr * c.ind.atr, 2, 0.0
        order.notes[0], order.notes[1] = own.top, own.parts
        if own.parts < p.parts and down >= own.parts + 1:
            own.parts += 1
            order.side, order.tag, order.share, order.resize = LONG, 0, own.parts * p.share, 1
            order.stop = own.top - (p.parts + 1) * own.step
        elif own.parts > 0 and down <= own.parts - 1:
            own.parts -= 1
            order.tag, order.side = 1, FLAT if own.parts == 0 else LONG
            if own.parts > 0:
                order.share, order.resize = own.parts * p.share, 1
