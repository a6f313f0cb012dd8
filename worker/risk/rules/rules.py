"""All rules, one after the other: from the figures of a step to the limits that are wanted."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from worker.engine.rounding import significant
from worker.risk.book.account import Account
from worker.risk.figures.drawdown import scale as drawdown_scale
from worker.risk.figures.kupiec import REFUSED
from worker.risk.measure import Measured
from worker.risk.rules.blind import blind
from worker.risk.rules.caps import Caps
from worker.risk.rules.desk import ALL
from worker.risk.rules.limits import Limits
from worker.risk.rules.scale import SLACK, WHOLE, Scale, load
from worker.risk.rules.stops import Stops
from worker.risk.rules.trip import Trip
from worker.risk.settings import RiskSettings

DIGITS = 10  # of a published notional
ROOM = 1.5  # twentieths beyond the next one, before the drawdown's scale grows to it
CLEAR = 0.85  # of the soft drawdown: below it the drawdown scales nothing


class Seen(NamedTuple):
    """What a step sees beside the figures."""

    ts: int
    silent: Sequence[str] = ()
    lagging: Sequence[int] = ()
    unreadable: int = 0


class Wanted(NamedTuple):
    """The outcome of a step."""

    limits: dict[str, Limits]  # by key
    reasons: dict[str, str]  # by key
    blocking: list[str]  # why nothing may be opened
    warnings: list[str]
    load: float  # u


class Rules(msgspec.Struct):
    """The state of all rules."""

    scale: Scale = msgspec.field(default_factory=Scale)
    stops: Stops = msgspec.field(default_factory=Stops)
    caps: Caps = msgspec.field(default_factory=Caps)
    twentieths: int = WHOLE  # of the published risk_mult

    def advance(self, ts: int, measured: Measured, account: Account, settings: RiskSettings) -> list[Trip]:
        """Take the figures of a step, after its acknowledgements; return what trips."""
        u, rule, figure, limit = load(measured.loads, settings)
        trips = self.stops.advance(ts, account, settings)
        if self.scale.advance(ts, u, measured.held.longest_ms):
            trips.append(Trip(rule, ALL, figure, limit, account.equity))
        trips += self.caps.advance(measured, settings)
        self._grade(account.drawdown, settings)
        return trips

    def wanted(self, seen: Seen, measured: Measured, account: Account, settings: RiskSettings) -> Wanted:
        """Return what is to hold from a step on."""
        u, rule, *_ = load(measured.loads, settings)
        blocking = [f"kill: {kill.rule}" for kill in self.stops.kills]
        if self.stops.blocked(seen.ts):
            blocking.append("loss of the day")
        if self.scale.blocked:
            blocking.append(f"load: {rule}")
        blocking += [f"blind: {why}" for why in blind(measured, seen.silent, seen.lagging, seen.unreadable)]
        kill: Literal["none", "close_all"] = "close_all" if self.stops.killed else "none"
        limits = {ALL: Limits(self.twentieths / WHOLE, None, not blocking, kill)}
        reasons = {ALL: "; ".join(blocking)}
        capping: defaultdict[str, set[str]] = defaultdict(set)
        for cap in self.caps.caps:
            capping[cap.symbol].add(cap.rule)
        for symbol, notional in self.caps.smallest().items():
            limits[symbol] = Limits(max_notional=significant(notional, DIGITS))
            reasons[symbol] = f"cap: {', '.join(sorted(capping[symbol]))}"
        return Wanted(limits, reasons, blocking, _warnings(account, settings), u)

    def _grade(self, depth: float, settings: RiskSettings) -> None:
        # m times the drawdown's scale, in twentieths, rounded down; up again only with room to spare, so that a
        # drawdown that trembles does not write a record a step.
        exact = self.scale.twentieths * drawdown_scale(depth, settings.drawdown_soft, settings.drawdown_hard)
        # Never to 0 before the hard drawdown: without a position no drawdown ends, and nothing would ask for a word.
        down = max(math.floor(exact + SLACK), 1 if exact > 0.0 else 0)
        if down < self.twentieths:
            self.twentieths = down
        elif depth <= CLEAR * settings.drawdown_soft:
            self.twentieths = self.scale.twentieths
        elif exact >= self.twentieths + 1 + ROOM:
            self.twentieths = math.floor(exact - ROOM)


def _warnings(account: Account, settings: RiskSettings) -> list[str]:
    found = []
    if account.turnover > settings.max_turnover:
        found.append("turnover")
    if account.kupiec is not None and account.kupiec > REFUSED:
        found.append("kupiec")
    return found
