"""Buys a sharp fall within a rising market, and sells the recovery.

Idea: a few days of panic in a rising market tend to be made good. Risk: it buys what falls. It wins often and little,
and loses seldom and much; the stop bounds a slow fall, not a gap.
"""

from worker.strategy import FLAT, LONG, Field, Parameters, Strategy, ta


class MeanReversion(Strategy):
    version, tags, notes = 1, ("oversold", "recovered", "too_long"), ("rsi",)

    class Parameters(Parameters):
        period: int = Field(3, ge=2, le=50, description="bars of the relative strength index")
        buy: float = Field(15.0, gt=0, lt=50, description="index below which it buys")
        sell: float = Field(60.0, gt=50, lt=100, description="index above which it sells")
        trend: int = Field(200, ge=2, le=1_000, description="bars of the average that the close must be above")
        stop_atr: float = Field(3.0, gt=0, le=20, description="distance of the stop, in average true ranges")
        longest: int = Field(10, ge=1, le=500, description="bars after which it gives up")
        share: float = Field(0.5, gt=0, le=1, description="of the budget")

    def indicators(p):
        return {"rsi": ta.rsi(p.period), "trend": ta.sma(p.trend), "atr": ta.atr(14)}

    def step(c):
        ind, p, order, close = c.ind, c.p, c.order, c.bar.close
        order.notes[0] = ind.rsi
        if c.position.side > 0:
            if ind.rsi > p.sell:
                order.side, order.tag = FLAT, 1
            elif c.position.bars_held >= p.longest:
                order.side, order.tag = FLAT, 2
        elif close > ind.trend and ind.rsi < p.buy and ind.atr > 0.0:
            order.side, order.tag, order.share = LONG, 0, p.share
            order.stop = close - p.stop_atr * ind.atr
