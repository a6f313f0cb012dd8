"""`absent`: no record for some time, once there was one."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.alert import Evidence, Reading
from worker.alerts.configuration import rules
from worker.alerts.evaluation.run import Ground, Run, value
from worker.alerts.evaluation.series import Series
from worker.alerts.evaluation.sources import Event


class Absent(Run):
    """It fires when nothing has come for `after`, by the events of others or by the wall; a record ends it."""

    rule: rules.Absent

    def __init__(self, name: str, rule: rules.Absent, stored: Mapping[str, bytes], most: int) -> None:
        super().__init__(name, rule, stored, most)
        for mark, series in self.table.items():
            self.timers.set(mark, self._due(series))

    def take(self, event: Event, ground: Ground) -> None:
        """Note the record, and end its series' alert."""
        if not self.holds(event, None):
            return
        mark = self.mark(event, None)
        if (series := self.series(mark, event, None, ground)) is None:
            return
        series.interval = event.interval
        series.evidence = [Evidence(event.topic, event.partition, event.offset)]
        if series.alert is not None:
            self.resolve(mark, ground)
        self.timers.set(mark, self._due(series))

    def advance(self, ground: Ground) -> None:
        """Fire for what was silent for too long; forget what was silent for very long."""
        wall = self.rule.clock == "wall"
        present = ground.clock.now if wall else ground.clock.event(self.rule.source)
        if present is None:
            return
        for mark in self.timers.due(present):
            if (series := self.table.get(mark)) is None:
                continue
            since = series.heard if wall else series.seen
            if since + self.rule.forget <= present:
                self.resolve(mark, ground)
                self.table.drop(mark)
                continue
            due = self._due(series)
            if due <= present and series.alert is None:
                silent = value((present - since) / 1000)
                self.write(mark, "firing", ground, [Reading("silent_seconds", silent, self._after(series) / 1000)])
                due = since + self.rule.forget
            self.timers.set(mark, due if due > present else since + self.rule.forget)

    def _after(self, series: Series) -> int:
        return max(self.rule.after, self.rule.intervals * series.interval)

    def _due(self, series: Series) -> int:
        since = series.heard if self.rule.clock == "wall" else series.seen
        return since + min(self._after(series), self.rule.forget)
