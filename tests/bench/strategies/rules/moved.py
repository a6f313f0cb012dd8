"""A trend whose stop and target are moved at every close; out where the trend turns."""

from worker.strategy import FLAT, LONG, SHORT, Field, Parameters, Strategy, ta


class Moved(Strategy):
    class Parameters(Parameters):
        begin: int = Field(0, description="time of the first bar with a say, epoch ms")
        qty: float = Field(1.0, gt=0, description="base units")

    def indicators(p):
        return {"fast": ta.ema(8), "slow": ta.ema(21), "atr": ta.atr(14)}

    def step(c):
        ind, order, close, held = c.ind, c.order, c.bar.close, c.position.side
        if c.bar.ts < c.p.begin:
            return
        want = LONG if ind.fast > ind.slow else SHORT
        if held != 0 and held != want:
            order.side = FLAT
            return
        if held == 0:
            order.side, order.qty = want, c.p.qty
        order.stop, order.target = close - want * 2.0 * ind.atr, close + want * 2.5 * ind.atr
