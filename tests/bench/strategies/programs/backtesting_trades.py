"""The same strategies in backtesting.py with the indicators of TA-Lib.

    python backtesting_trades.py SERIES.npz < cases.json > trades.json

Cases are [rule, series, first bar with a say, units, budget, fee]; trades are rows of `trades.Trade`, by "rule series".
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import talib
from backtesting import Backtest, Strategy

SHARE, EVERY = 0.5, 7
SHOWN = 12  # runs between two lines of progress


class Rule(Strategy):  # type: ignore[misc]
    """What all have: a first bar with a say, the units of an order, the budget, the times of the bars."""

    begin, units, budget, times, interval = 0, 0, 0.0, np.zeros(0), 0

    def init(self) -> None:
        """Nothing but `declare`."""
        self.declare()

    def declare(self) -> None:
        """Compute the indicators."""
        raise NotImplementedError

    def say(self, close: float, held: int) -> None:
        """Give orders at a close; `held` units, negative when short."""
        raise NotImplementedError

    def next(self) -> None:
        """Ask the rule, from `begin` on, without its orders of the bar before that wait for a price."""
        if len(self.data) - 1 >= self.begin:
            for order in [order for order in self.orders if not order.is_contingent]:
                order.cancel()
            self.say(float(self.data.Close[-1]), int(self.position.size))

    def order(self, units: int, **at: float) -> None:
        """Buy, or sell where `units` is negative."""
        (self.buy if units > 0 else self.sell)(size=abs(units), **at)

    def shared(self, close: float) -> int:
        """Whole units for the share of the budget."""
        return int(SHARE * self.budget / close + 1e-9)

    def averages(self, function: Any, fast: int, slow: int) -> None:
        """Two averages of the close."""
        self.fast = self.I(function, self.data.Close, fast)
        self.slow = self.I(function, self.data.Close, slow)

    def trend(self) -> int:
        """Side of the faster average."""
        return int(np.sign(self.fast[-1] - self.slow[-1]))

    def range(self) -> None:
        """The average true range."""
        self.atr = self.I(talib.ATR, self.data.High, self.data.Low, self.data.Close, 14)


class SmaCross(Rule):
    def declare(self) -> None:
        self.averages(talib.SMA, 13, 50)

    def say(self, close: float, held: int) -> None:
        want = self.trend()
        if want and np.sign(held) != want:
            self.order(want * (self.shared(close) + abs(held)))


class SmaLong(SmaCross):
    def say(self, close: float, held: int) -> None:
        want = self.trend()
        if want > 0 and not held:
            self.order(self.shared(close))
        elif want < 0 and held:
            self.position.close()


class RsiBracket(Rule):
    def declare(self) -> None:
        self.range()
        self.rsi = self.I(talib.RSI, self.data.Close, 14)

    def say(self, close: float, held: int) -> None:
        atr = self.atr[-1]
        if not held and self.rsi[-1] < 40.0:
            self.order(self.shared(close), sl=close - 1.5 * atr, tp=close + 3.0 * atr)
        elif held and self.rsi[-1] > 55.0:
            self.position.close()


class DonchianTrail(Rule):
    def declare(self) -> None:
        high, low = self.data.High, self.data.Low
        self.range()
        self.upper, self.lower = self.I(talib.MAX, high, 20), self.I(talib.MIN, low, 20)
        self.exit_high, self.exit_low = self.I(talib.MAX, high, 10), self.I(talib.MIN, low, 10)

    def say(self, close: float, held: int) -> None:
        atr = self.atr[-1]
        if not held:
            side = int(close > self.upper[-2]) - int(close < self.lower[-2])
            if side:
                self.order(side * self.shared(close), sl=close - side * 2.5 * atr)
        elif (held > 0 and close < self.exit_low[-2]) or (held < 0 and close > self.exit_high[-2]):
            self.position.close()
        else:
            for trade in self.trades:
                level = close - np.sign(held) * 3.0 * atr
                trade.sl = max(trade.sl, level) if held > 0 else min(trade.sl, level)


class Entry(Rule):
    """A trend entered at a price; `beyond` it or behind it."""

    beyond = 0

    def declare(self) -> None:
        self.range()
        self.averages(talib.EMA, 8, 21)

    def say(self, close: float, held: int) -> None:
        want = self.trend() or -1
        if held and np.sign(held) != want:
            self.position.close()
        elif not held:
            price = close + self.beyond * want * 0.3 * self.atr[-1]
            at = {"stop" if self.beyond > 0 else "limit": price}
            self.order(want * self.units, tp=price + want * 2.5 * self.atr[-1], **at)


class LimitEntry(Entry):
    beyond = -1


class StopEntry(Entry):
    beyond = 1


class Resized(Rule):
    def declare(self) -> None:
        self.averages(talib.EMA, 10, 40)

    def say(self, close: float, held: int) -> None:
        since = self.times[len(self.data) - 1] - self.times[self.begin]
        steps = since // (EVERY * self.interval) % 3
        more = int((self.trend() or -1) * self.units * (1 + steps)) - held
        if more:
            self.order(more)


class Moved(Entry):
    def say(self, close: float, held: int) -> None:
        want, atr = self.trend() or -1, self.atr[-1]
        if held and np.sign(held) != want:
            self.position.close()
            return
        stop, target = close - want * 2.0 * atr, close + want * 2.5 * atr
        if not held:
            self.order(want * self.units, sl=stop, tp=target)
        for trade in self.trades:
            trade.sl, trade.tp = stop, target


RULES = {
    "sma_cross": SmaCross,
    "sma_long": SmaLong,
    "rsi_bracket": RsiBracket,
    "donchian_trail": DonchianTrail,
    "limit_entry": LimitEntry,
    "stop_entry": StopEntry,
    "resized": Resized,
    "moved": Moved,
}


def played(rule: str, bars: Any, begin: int, units: int, budget: float, fee: float) -> list[list[float]]:
    """The closed trades of one rule on one series."""
    columns = {name.capitalize(): bars[name] for name in ("open", "high", "low", "close", "volume")}
    frame = pd.DataFrame(columns, index=pd.to_datetime(bars["ts"], unit="ms"))
    own = {"begin": begin, "units": units, "budget": budget}
    own |= {"times": bars["ts"], "interval": int(bars["interval_ms"][0])}
    kind = type(rule, (RULES[rule],), own)
    test = Backtest(frame, kind, cash=budget, commission=fee, margin=0.1, finalize_trades=False)
    rows = test.run()["_trades"]
    return [
        [row.EntryBar, row.ExitBar, np.sign(row.Size), abs(row.Size), row.EntryPrice, row.ExitPrice, row.PnL]
        for row in rows.itertuples()
    ]


def main() -> None:
    """Play all cases of standard input; say on the error stream how far it is."""
    cases, found = json.load(sys.stdin), {}
    with np.load(sys.argv[1]) as series:
        for number, (rule, market, *given) in enumerate(cases, 1):
            found[f"{rule} {market}"] = played(rule, series[market], *given)
            if not number % SHOWN or number == len(cases):
                print(f"  {number} of {len(cases)} runs", file=sys.stderr, flush=True)
    json.dump(found, sys.stdout, default=float)


if __name__ == "__main__":
    main()
