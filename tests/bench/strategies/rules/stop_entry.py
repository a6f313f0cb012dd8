"""A trend that is entered at a stop beyond the price, with a target; out where the trend turns."""

from worker.strategy import FLAT, LONG, SHORT, STOP, Field, Parameters, Strategy, ta


class StopEntry(Strategy):
    class Parameters(Parameters):
        begin: int = Field(0, description="time of the first bar with a say, epoch ms")
        away: float = Field(0.3, gt=0, le=5, description="of the entry from the close, ATR")
        gain: float = Field(2.5, gt=0, le=20, description="of the target from the entry, ATR")
        qty: float = Field(1.0, gt=0, description="base units")

    def indicators(p):
        return {"fast": ta.ema(8), "slow": ta.ema(21), "atr": ta.atr(14)}

    def step(c):
        ind, order, p, held = c.ind, c.order, c.p, c.position.side
        if c.bar.ts < p.begin:
            return
        want = LONG if ind.fast > ind.slow else SHORT
        if held != 0 and held != want:
            order.side = FLAT
        elif held == 0:
            order.side, order.qty, order.entry = want, p.qty, STOP
            order.price = c.bar.close + want * p.away * ind.atr
            order.target = order.price + want * p.gain * ind.atr
