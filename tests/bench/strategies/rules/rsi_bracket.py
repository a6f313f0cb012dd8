"""Long where the RSI is low, between a stop and a target in ranges; out where it has recovered."""

from worker.strategy import FLAT, LONG, Field, Parameters, Strategy, ta


class RsiBracket(Strategy):
    class Parameters(Parameters):
        begin: int = Field(0, description="time of the first bar with a say, epoch ms")
        low: float = Field(40.0, gt=0, lt=100)
        high: float = Field(55.0, gt=0, lt=100)
        share: float = Field(0.5, gt=0, le=1)

    def indicators(p):
        return {"rsi": ta.rsi(14), "atr": ta.atr(14)}

    def step(c):
        ind, order, p, close = c.ind, c.order, c.p, c.bar.close
        if c.bar.ts < p.begin:
            return
        if c.position.side == 0:
            if ind.rsi < p.low:
                order.side, order.share = LONG, p.share
                order.stop, order.target = close - 1.5 * ind.atr, close + 3.0 * ind.atr
        elif ind.rsi > p.high:
            order.side = FLAT
