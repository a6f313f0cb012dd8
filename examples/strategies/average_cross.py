"""Long while the fast average is above the slow one; below it flat, or short if that is allowed.

Idea: long falls begin and end slowly enough for averages to notice. Risk: averages notice late. A market that moves
sideways makes it buy high and sell low again and again, and a crash is over before the lines have crossed.
"""

from worker.strategy import FLAT, LONG, SHORT, Field, Parameters, Strategy, ta


class AverageCross(Strategy):
    version, tags, notes = 1, ("cross_up", "cross_down"), ("distance",)

    class Parameters(Parameters):
        fast: int = Field(50, ge=2, le=500, description="bars")
        slow: int = Field(200, ge=3, le=1_000, description="bars")
        short: bool = Field(False, description="sells short below, instead of staying out")
        share: float = Field(1.0, gt=0, le=1, description="of the budget")

    def indicators(p):
        return {"fast": ta.sma(p.fast), "slow": ta.sma(p.slow)}

    def step(c):
        ind, order, held = c.ind, c.order, c.position.side
        order.notes[0] = ind.fast / ind.slow - 1.0
        if ind.fast > ind.slow and held <= 0:
            order.side, order.tag, order.share = LONG, 0, c.p.share
        elif ind.fast < ind.slow and held > 0:
            order.side, order.tag = FLAT, 1
        elif ind.fast < ind.slow and held == 0 and c.p.short:
            order.side, order.tag, order.share = SHORT, 1, c.p.share
