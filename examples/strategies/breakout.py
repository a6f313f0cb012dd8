"""Channel breakout in the direction of the trend, with a stop that trails.

Idea: a close beyond the highest high or the lowest low of some weeks begins a move more often than it ends one, if the
long average points the same way. Risk: most breakouts fail. Many small losses pay for a few long trades, and a market
without trends has none of those.
"""

from worker.strategy import FLAT, LONG, SHORT, Field, Parameters, Strategy, ta


class Breakout(Strategy):
    version, tags, notes = 1, ("breakout", "channel_exit"), ("atr", "losses")

    class Parameters(Parameters):
        enter: int = Field(55, ge=2, le=500, description="bars of the channel that is broken")
        leave: int = Field(20, ge=2, le=500, description="bars of the channel on the other side that ends a trade")
        trend: int = Field(200, ge=2, le=1_000, description="bars of the average that shows the trend")
        stop_atr: float = Field(3.0, gt=0, le=20, description="distance of the stop, in average true ranges")
        risk: float = Field(0.01, gt=0, le=0.05, description="of the budget, lost at the stop")
        pause: int = Field(20, ge=0, le=10_000, description="bars without an entry after three losses in a row")

    class State:
        losses: int
        paused_until: int

    def indicators(p):
        return {
            "channel": ta.donchian(p.enter),
            "low": ta.lowest(p.leave),
            "high": ta.highest(p.leave),
            "trend": ta.ema(p.trend),
            "atr": ta.atr(20),
        }

    def step(c):
        ind, was, own, p, order, close, held = c.ind, c.was, c.state, c.p, c.order, c.bar.close, c.position.side
        if c.closed.closed:
            own.losses = own.losses + 1 if c.closed.pnl < 0.0 else 0
            if own.losses >= 3:
                own.losses, own.paused_until = 0, c.bar.ts + p.pause * c.bar.interval_ms
        order.notes[0], order.notes[1] = ind.atr, own.losses
        if (held > 0 and close < was.low) or (held < 0 and close > was.high):
            order.side, order.tag = FLAT, 1
        elif held != 0:
            level = close - held * p.stop_atr * ind.atr
            order.stop = max(c.position.stop, level) if held > 0 else min(c.position.stop, level)
        elif c.bar.ts >= own.paused_until and ind.atr > 0.0:
            up = close > was.channel_upper and close > ind.trend
            down = close < was.channel_lower and close < ind.trend
            if up or down:
                order.side, order.tag, order.risk = LONG if up else SHORT, 0, p.risk
                order.stop = close - order.side * p.stop_atr * ind.atr
