"""The example of docs/strategies.md with seven indicators, two of them of a longer timeframe."""

from worker.strategy import FLAT, LONG, SHORT, Field, Parameters, Strategy, ta


class Breakout(Strategy):
    version, tags, notes = 1, ("breakout", "channel_exit"), ("atr", "losses")

    class Parameters(Parameters):
        enter: int = Field(20, ge=2, le=500)
        leave: int = Field(10, ge=2, le=500)
        stop_atr: float = Field(2.5, gt=0, le=20)
        risk: float = Field(0.005, gt=0, le=0.05)
        pause: int = Field(24, ge=0, le=10_000)

    class State:
        losses: int
        paused_until: int

    def indicators(p):
        return {
            "top": ta.highest(p.enter),
            "bottom": ta.lowest(p.enter),
            "low": ta.lowest(p.leave),
            "high": ta.highest(p.leave),
            "atr": ta.atr(14),
            "trend": ta.ema(50, timeframe="4h"),
            "price": ta.close(timeframe="4h"),
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
        elif c.bar.ts >= own.paused_until:
            up = close > was.top and ind.price > ind.trend
            down = close < was.bottom and ind.price < ind.trend
            if up or down:
                order.side, order.tag, order.risk = LONG if up else SHORT, 0, p.risk
                order.stop = close - order.side * p.stop_atr * ind.atr
