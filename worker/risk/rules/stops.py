"""Stops: the UTC day's loss, the drawdown, and no equity."""

from __future__ import annotations

from typing import Literal

import msgspec

from worker.risk.book.account import Account, day_of
from worker.risk.rules.trip import Trip
from worker.risk.settings import RiskSettings

Rule = Literal["day", "drawdown", "equity"]


class Kill(msgspec.Struct):
    """All positions are closed until the next UTC day and an acknowledgement."""

    rule: Rule
    day: int  # UTC day in which it tripped
    acknowledged: bool = False


class Stops(msgspec.Struct):
    """The kills in force, and the day in which nothing more is opened."""

    kills: list[Kill] = []
    blocked_day: int = -1

    @property
    def killed(self) -> bool:
        """Whether all positions are to be closed."""
        return bool(self.kills)

    def blocked(self, ts: int) -> bool:
        """Whether the loss of the step's UTC day forbids opens."""
        return self.blocked_day == day_of(ts)

    def acknowledge(self, account: Account) -> None:
        """Acknowledge the kills in force; that of a drawdown begins the peak anew. Without equity it is in vain."""
        for kill in self.kills:
            if account.equity > 0.0:
                kill.acknowledged = True
                if kill.rule == "drawdown":
                    account.restart_peak()

    def advance(self, ts: int, account: Account, settings: RiskSettings) -> list[Trip]:
        """Take the account at a step, after its acknowledgements; return what trips."""
        trips, day = [], day_of(ts)
        passed = passed_by(account, settings)
        kept = [kill for kill in self.kills if kill.rule in passed or not kill.acknowledged or day <= kill.day]
        for rule, trip in passed.items():
            found = next((kill for kill in kept if kill.rule == rule), None)
            # An acknowledged loss stays in its day's figure; a peak begun anew does not.
            again = found is not None and found.acknowledged and (rule != "day" or day > found.day)
            if found is None or again:
                kept = [kill for kill in kept if kill is not found] + [Kill(rule, day)]
                trips.append(trip)
        self.kills = kept
        if -account.day_return >= settings.day_block and self.blocked_day != day:
            self.blocked_day = day
            trips.append(Trip("day_block", "*", -account.day_return, settings.day_block, account.day_base))
        return trips


def passed_by(account: Account, settings: RiskSettings) -> dict[Rule, Trip]:
    """Return the kills whose limits an account has passed."""
    found: dict[Rule, Trip] = {}
    if -account.day_return >= settings.day_kill:
        found["day"] = Trip("day", "*", -account.day_return, settings.day_kill, account.day_base)
    if account.drawdown >= settings.drawdown_hard:
        found["drawdown"] = Trip("drawdown", "*", account.drawdown, settings.drawdown_hard, account.peak)
    if account.equity <= 0.0:
        found["equity"] = Trip("equity", "*", account.equity, 0.0, account.equity)
    return found
