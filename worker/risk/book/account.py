"""The account: equity, peak, UTC day, turnover, and how often a day lost more than was foreseen."""

from __future__ import annotations

import msgspec

from worker.risk.figures.drawdown import drawdown
from worker.risk.figures.exposure import share
from worker.risk.figures.kupiec import DAYS, likelihood_ratio
from worker.risk.settings import DAY_MS


def day_of(ts: int) -> int:
    """Return the UTC day of a step, in days since 1970: midnight is the end of a day, so no loss falls between two."""
    return (ts - 1) // DAY_MS


class Account(msgspec.Struct):
    """Amounts in the portfolio's currency."""

    equity: float
    peak: float
    day: int = -1  # -1 before the first step
    day_base: float = 0.0  # equity at 00:00 UTC
    day_var: float = 0.0  # value at risk at 00:00 UTC, fraction; 0 = none was known
    traded: float = 0.0  # filled notional since 00:00 UTC
    var: float = 0.0  # of the last step
    exceeded: list[bool] = []  # of the last days with a value at risk, oldest first

    def advance(self, ts: int, equity: float, filled: float, suspect: float = 0.0) -> None:
        """Take the equity at a step, and since the last one the notional filled and the results of level shifts.

        Those are in the equity, but neither in the loss of the day nor in the drawdown (domain §8.2): a split that
        nobody announced is no loss.
        """
        day = day_of(ts)
        if day != self.day:
            self._begin(day, equity)
        self.equity = equity
        self.day_base += suspect
        self.peak = max(self.peak + suspect, equity)
        self.traded += filled

    def restart_peak(self) -> None:
        """Begin the drawdown anew at the present equity."""
        self.peak = self.equity

    @property
    def drawdown(self) -> float:
        """1 - E/peak."""
        return drawdown(self.equity, self.peak)

    @property
    def day_return(self) -> float:
        """E / E at 00:00 UTC - 1; where that is not positive, 0 with equity and -1 without."""
        if self.day_base > 0.0:
            return self.equity / self.day_base - 1.0
        return 0.0 if self.equity > 0.0 else -1.0

    @property
    def turnover(self) -> float:
        """Filled notional of the UTC day by the equity."""
        return share(self.traded, self.equity)

    @property
    def kupiec(self) -> float | None:
        """Likelihood ratio of the value at risk over the last 250 days; None before."""
        return likelihood_ratio(DAYS, sum(self.exceeded)) if len(self.exceeded) == DAYS else None

    def _begin(self, day: int, equity: float) -> None:
        if self.day < 0:
            self.day_base = equity
        else:
            if self.day_var > 0.0:
                self.exceeded = [*self.exceeded, self.day_return < -self.day_var][-DAYS:]
            self.day_base, self.day_var, self.traded = self.equity, self.var, 0.0
        self.day = day
