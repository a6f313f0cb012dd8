"""Follows the probability of a rise that a model states, and leaves when the model doubts or is silent.

Idea: the model holds the opinion, and this file only what an opinion can't: a size, a stop and an end. Any model of
the registry will do (`engine.model`, docs/models.md), or the one that each symbol learns (`engine.learning.enabled`).
Risk: that of the model. The one in `examples/models` is worth nothing, and its card says so.
"""

from worker.strategy import FLAT, LONG, SHORT, Field, Parameters, Strategy, ta


class Model(Strategy):
    version, tags, notes = 1, ("rise", "fall", "doubt", "silent"), ("prob",)

    class Parameters(Parameters):
        enter: float = Field(0.55, gt=0.5, lt=1, description="probability of a rise, or of a fall, to enter at")
        leave: float = Field(0.5, ge=0, lt=1, description="probability of its own side below which a trade ends")
        short: bool = Field(False, description="sells short where a fall is likely")
        stop_atr: float = Field(3.0, gt=0, le=20, description="distance of the stop, in average true ranges")
        risk: float = Field(0.01, gt=0, le=0.05, description="of the budget, lost at the stop")

    def indicators(p):
        return {"atr": ta.atr(14)}

    def step(c):
        prob, p, order, close, held = c.model.prob, c.p, c.order, c.bar.close, c.position.side
        order.notes[0] = prob  # NaN unless the model has answered
        if held != 0:
            own_side = prob if held > 0 else 1.0 - prob
            if prob != prob:
                order.side, order.tag = FLAT, 3
            elif own_side < p.leave:
                order.side, order.tag = FLAT, 2
        elif c.ind.atr > 0.0 and (prob > p.enter or (p.short and 1.0 - prob > p.enter)):
            order.side, order.tag = (LONG, 0) if prob > p.enter else (SHORT, 1)
            order.risk = p.risk
            order.stop = close - order.side * p.stop_atr * c.ind.atr
