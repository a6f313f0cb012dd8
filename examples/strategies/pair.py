"""Trades the ratio of a price to that of another market, which the publisher joins to each bar as `c.extra.other`.

Idea: two markets with the same owners drift apart for a while and come back. Risk: this file trades one leg, so it
also carries the direction of the market; and some ratios never come back. The stop bounds what that costs.
Needs `engine.ingestion.extra = ["other"]`.
"""

from math import isnan, sqrt

from worker.strategy import FLAT, LONG, SHORT, Field, Floats, Parameters, Strategy, log, ta

WINDOW = 60


class Pair(Strategy):
    version, tags, notes, values = 1, ("apart", "together"), ("z",), ("z",)

    class Parameters(Parameters):
        enter: float = Field(2.0, gt=0, le=10, description="standard deviations from the usual ratio")
        leave: float = Field(0.5, ge=0, le=10, description="the same, to end a trade")
        stop_atr: float = Field(4.0, gt=0, le=20, description="distance of the stop, in average true ranges")
        share: float = Field(0.5, gt=0, le=1, description="of the budget")

    class Memory:
        ratios: Floats[WINDOW]
        count: int

    def indicators(p):
        return {"atr": ta.atr(20)}

    def observe(c):
        memory = c.memory
        if isnan(c.extra.other) or c.extra.other <= 0.0 or c.bar.close <= 0.0:
            return  # the other market has no price at this bar: nothing is known, and nothing is forgotten
        ratio = log(c.bar.close / c.extra.other)
        memory.ratios[memory.count % WINDOW] = ratio
        memory.count += 1
        if memory.count >= WINDOW:
            total, squares = 0.0, 0.0
            for value in memory.ratios:
                total += value
            for value in memory.ratios:
                squares += (value - total / WINDOW) * (value - total / WINDOW)
            c.out.z = (ratio - total / WINDOW) / max(sqrt(squares / WINDOW), 1e-9)

    def step(c):
        z, p, order, held = c.ind.z, c.p, c.order, c.position.side
        order.notes[0] = z
        if held != 0 and held * z > -p.leave:
            order.side, order.tag = FLAT, 1
        elif held == 0 and abs(z) > p.enter and c.ind.atr > 0.0:
            order.side, order.tag, order.share = LONG if z < 0.0 else SHORT, 0, p.share
            order.stop = c.bar.close - order.side * p.stop_atr * c.ind.atr
