"""Two averages that cross: long above, out below."""

from worker.strategy import FLAT, LONG, Field, Parameters, Strategy, ta


class SmaLong(Strategy):
    class Parameters(Parameters):
        begin: int = Field(0, description="time of the first bar with a say, epoch ms")
        fast: int = Field(13, ge=2, le=500)
        slow: int = Field(50, ge=3, le=1_000)
        share: float = Field(0.5, gt=0, le=1)

    def indicators(p):
        return {"fast": ta.sma(p.fast), "slow": ta.sma(p.slow)}

    def step(c):
        ind, order = c.ind, c.order
        if c.bar.ts < c.p.begin:
            return
        if ind.fast > ind.slow:
            order.side, order.share = LONG, c.p.share
        elif ind.fast < ind.slow:
            order.side = FLAT
