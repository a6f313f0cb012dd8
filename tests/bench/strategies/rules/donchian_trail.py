"""Channel breakout to both sides; the stop trails, and a shorter channel ends the trade."""

from worker.strategy import FLAT, LONG, SHORT, Field, Parameters, Strategy, ta


class DonchianTrail(Strategy):
    class Parameters(Parameters):
        begin: int = Field(0, description="time of the first bar with a say, epoch ms")
        enter: int = Field(20, ge=2, le=500)
        leave: int = Field(10, ge=2, le=500)
        share: float = Field(0.5, gt=0, le=1)

    def indicators(p):
        return {
            "channel": ta.donchian(p.enter),
            "low": ta.lowest(p.leave),
            "high": ta.highest(p.leave),
            "atr": ta.atr(14),
        }

    def step(c):
        ind, was, order, close, held = c.ind, c.was, c.order, c.bar.close, c.position.side
        if c.bar.ts < c.p.begin:
            return
        if (held > 0 and close < was.low) or (held < 0 and close > was.high):
            order.side = FLAT
        elif held != 0:
            level = close - held * 3.0 * ind.atr
            order.stop = max(c.position.stop, level) if held > 0 else min(c.position.stop, level)
        elif close > was.channel_upper or close < was.channel_lower:
            order.side, order.share = LONG if close > was.channel_upper else SHORT, c.p.share
            order.stop = close - order.side * 2.5 * ind.atr
