"""A trend whose position grows and shrinks in steps, and is reversed where the trend turns."""

from worker.strategy import LONG, SHORT, Field, Parameters, Strategy, ta


class Resized(Strategy):
    class Parameters(Parameters):
        begin: int = Field(0, description="time of the first bar with a say, epoch ms")
        qty: float = Field(1.0, gt=0, description="of one step, base units")
        every: int = Field(7, ge=1, description="bars between two steps")

    def indicators(p):
        return {"fast": ta.ema(10), "slow": ta.ema(40)}

    def step(c):
        if c.bar.ts < c.p.begin:
            return
        at = (c.bar.ts - c.p.begin) // (c.p.every * c.bar.interval_ms) % 3
        c.order.side = LONG if c.ind.fast > c.ind.slow else SHORT
        c.order.qty, c.order.resize = c.p.qty * (1 + at), 1
