"""Two averages that cross: always in the market, from one side to the other at one open."""

from worker.strategy import LONG, SHORT, Field, Parameters, Strategy, ta


class SmaCross(Strategy):
    class Parameters(Parameters):
        begin: int = Field(0, description="time of the first bar with a say, epoch ms")
        fast: int = Field(13, ge=2, le=500)
        slow: int = Field(50, ge=3, le=1_000)
        share: float = Field(0.5, gt=0, le=1)

    def indicators(p):
        return {"fast": ta.sma(p.fast), "slow": ta.sma(p.slow)}

    def step(c):
        ind, order = c.ind, c.order
        if c.bar.ts >= c.p.begin and ind.fast != ind.slow:
            order.side, order.share = LONG if ind.fast > ind.slow else SHORT, c.p.share
