"""The scale m of all sizes: cut where a limit of the portfolio is passed, grown back slowly."""

from __future__ import annotations

import math

import msgspec

from worker.risk.figures.losses import Losses
from worker.risk.settings import RiskSettings

WHOLE = 20  # m counts in twentieths
CUT_TO = 0.9  # of the limit
URGENT = 1.25  # of the limit: a further cut does not wait
RETURN = 0.9  # of the limit: opens return
CALM = 0.8  # of the limit: m grows after
CALM_STEPS = 12
INTERVALS = 2  # of the longest bar held, until the positions follow a change
SLACK = 1e-9


def limited(figures: tuple[float, float, Losses], settings: RiskSettings) -> tuple[tuple[str, float, float], ...]:
    """Return the portfolio's rules, each with its figure and its limit."""
    gross, net, losses = figures
    return (
        ("gross", gross, settings.max_gross),
        ("net", net, settings.max_net),
        ("var99", losses.var, settings.max_var99),
        ("es99", losses.es, settings.max_es99),
    )


def load(figures: tuple[float, float, Losses], settings: RiskSettings) -> tuple[float, str, float, float]:
    """Return u, the largest of figure/limit, with the rule, figure and limit that it comes from."""
    rule, figure, limit = max(limited(figures, settings), key=lambda one: one[1] / one[2])
    return figure / limit, rule, figure, limit


class Scale(msgspec.Struct):
    """m and whether positions may be opened."""

    twentieths: int = WHOLE
    blocked: bool = False
    calm: int = 0  # steps in a row with u ≤ 0.8
    cut_ts: int | None = None
    changed_ts: int | None = None
    demand: float = 0.0  # u at m = 1, as of the last step at which the positions had followed m

    @property
    def multiplier(self) -> float:
        """M in [0, 1]."""
        return self.twentieths / WHOLE

    def advance(self, ts: int, u: float, longest_ms: int) -> bool:
        """Take the load of a step; `longest_ms` is the longest bar held. Return whether this trips the limit."""
        tripped = u > 1.0 and not self.blocked
        if u > 1.0:
            self.blocked = True
        elif u <= RETURN:
            self.blocked = False
        self.calm = self.calm + 1 if u <= CALM else 0
        if self.twentieths and self._followed(self.changed_ts, ts, longest_ms):
            self.demand = u / self.multiplier
        if u > 1.0 and (u > URGENT or self._followed(self.cut_ts, ts, longest_ms)):
            self._cut(ts, u)
        elif self.calm >= CALM_STEPS and self.twentieths < WHOLE and self._bears_more():
            self.twentieths += 1
            self.changed_ts = ts
        return tripped

    @staticmethod
    def _followed(since: int | None, ts: int, longest_ms: int) -> bool:
        return since is None or ts - since >= INTERVALS * longest_ms

    def _cut(self, ts: int, u: float) -> None:
        wanted = math.floor(CUT_TO * self.twentieths / u + SLACK)
        if wanted < self.twentieths:
            self.twentieths = wanted
            self.cut_ts = self.changed_ts = ts

    def _bears_more(self) -> bool:
        # At the demand last seen, one step more would not end above the load at which opens return: without this, a
        # constant demand is cut and grown in turns. At m = 0 nothing shows the demand.
        return not self.twentieths or self.demand * (self.twentieths + 1) / WHOLE <= RETURN
