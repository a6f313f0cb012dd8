"""`threshold`: a figure beyond a limit, for some time."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from schemas.alert import Reading
from worker.alerts.configuration import rules
from worker.alerts.evaluation.fields import field
from worker.alerts.evaluation.run import Ground, Run, add_evidence, value
from worker.alerts.evaluation.series import Series
from worker.alerts.evaluation.sources import Event


class Threshold(Run):
    """Pending from the first figure beyond the limit, firing after `for`; a figure at the release value ends it.

    Between the release value and the limit all stays as it is. A null figure says nothing.
    """

    rule: rules.Threshold

    def __init__(self, name: str, rule: rules.Threshold, stored: Mapping[str, bytes], most: int, limit: float) -> None:
        """Create it; `limit` is the rule's, where it names one of the portfolio's."""
        super().__init__(name, rule, stored, most)
        self._limit, self._get = limit, field(rule.source, rule.field, rule.each).get
        self._sign = 1.0 if rule.above is not None else -1.0
        self._release = limit if rule.release is None else rule.release
        for mark, series in self.table.items():
            self.timers.set(mark, self._due(series))

    def take(self, event: Event, ground: Ground) -> None:
        """Compare the figure with limit and release value."""
        for element in self.looks(event):
            figure = self._get(event.record, element)
            if figure is None or not self.holds(event, element):
                continue
            mark = self.mark(event, element)
            beyond = self._sign * (figure - self._limit) > 0.0
            if mark not in self.table and not beyond:
                continue
            if (series := self.series(mark, event, element, ground)) is None:
                continue
            told = [Reading(self.rule.field, value(figure), self._limit), *self.shown(event, element)]
            if beyond and series.alert is None:
                add_evidence(series, event)
                self.write(mark, "pending" if self.rule.for_ else "firing", ground, told, event.ts)
            elif beyond and series.alert is not None:
                add_evidence(series, event)
                series.alert = msgspec.structs.replace(series.alert, values=told)
            elif self._sign * (figure - self._release) <= 0.0:
                self.resolve(mark, ground, told)
                self.table.drop(mark)
                continue
            self.timers.set(mark, self._due(series))

    def advance(self, ground: Ground) -> None:
        """Fire for what has pended long enough; forget figures that nobody tells any more."""
        present = ground.clock.flowing(self.rule.source)
        for mark in self.timers.due(present):
            if (series := self.table.get(mark)) is None:
                continue
            if series.seen + self.rule.forget <= present:
                self.resolve(mark, ground)
                self.table.drop(mark)
                continue
            alert = series.alert
            if alert is not None and alert.state == "pending" and alert.starts_ms + self.rule.for_ <= present:
                self.write(mark, "firing", ground)
            self.timers.set(mark, max(self._due(series), present + 1))

    def _due(self, series: Series) -> int:
        gone = series.seen + self.rule.forget
        if series.alert is not None and series.alert.state == "pending":
            return min(series.alert.starts_ms + self.rule.for_, gone)
        return gone
