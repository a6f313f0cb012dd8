"""Quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.alert import Alert
from worker.alerts.configuration.routes import DAYS, Quiet
from worker.alerts.routing.matching import fits

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class QuietHours:
    """The quiet hours that hold at a time."""

    def __init__(self, hours: Sequence[Quiet]) -> None:
        self._hours = hours
        self._minute = -1
        self._now: list[Quiet] = []

    def at(self, now: int) -> list[Quiet]:
        """Return those that hold at `now`, epoch ms."""
        if now // 60_000 != self._minute:
            self._minute = now // 60_000
            self._now = [one for one in self._hours if holds(one, now)]
        return self._now


def holds(quiet: Quiet, now: int) -> bool:
    """Return whether quiet hours hold at `now`, epoch ms; those over midnight belong to the day of their beginning."""
    here = (_EPOCH + timedelta(milliseconds=now)).astimezone(ZoneInfo(quiet.zone))
    time = here.strftime("%H:%M")
    if quiet.begin <= quiet.end:
        return quiet.begin <= time < quiet.end and DAYS[here.weekday()] in quiet.days
    if time >= quiet.begin:
        return DAYS[here.weekday()] in quiet.days
    return time < quiet.end and DAYS[(here.weekday() - 1) % 7] in quiet.days


def hushed(alert: Alert, quiet: Sequence[Quiet]) -> bool:
    """Return whether quiet hours keep an alert back; never a critical one."""
    return alert.severity != "critical" and any(fits(alert, one.match) for one in quiet)
