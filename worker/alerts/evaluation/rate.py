"""`rate`: a count or a share in a window of event time."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.alert import Reading
from worker.alerts.configuration import rules
from worker.alerts.evaluation.clock import Timers
from worker.alerts.evaluation.fields import field
from worker.alerts.evaluation.run import Ground, Run, add_evidence, text, value
from worker.alerts.evaluation.series import Series, Table, Total, fingerprint
from worker.alerts.evaluation.sources import Event

PARTS = 60  # of a window: it moves on by one of them


class Rate(Run):
    """It fires while the count, or the share, lies above its limit; it ends at the release value."""

    rule: rules.Rate

    def __init__(self, name: str, rule: rules.Rate, stored: Mapping[str, bytes], most: int) -> None:
        super().__init__(name, rule, stored, most)
        self._part = max(rule.window // PARTS, 1)
        self._release = rule.above if rule.release is None else rule.release
        self._totals: Table[Total] = Table(f"total/{name}", Total, stored)
        self._of = {
            source: [field(source, rule.labels[label]) for label in sorted(rule.of_labels)] for source in rule.of
        }
        self._idle: Timers = Timers()
        self._touched: list[str] = []
        for mark, series in self.table.items():
            self.timers.set(mark, self._next(series))
        for key, total in self._totals.items():
            self._idle.set(key, self._gone(total.counts))

    @property
    def changes(self) -> Table[Total]:
        """What shares are of."""
        return self._totals

    def count(self, event: Event) -> None:
        """Count a record of `of`, whether or not it fulfils the rule."""
        if event.source not in self._of:
            return
        key = self._total([text(one.get(event.record, None)) for one in self._of[event.source]])
        total = self._totals.get(key)
        if total is None:
            if len(self._totals) >= self._most:
                self.refused += 1
                return
            self._totals.put(key, total := Total({}))
        self._add(total.counts, event.ts)
        self._totals.touch(key)
        self._idle.set(key, self._gone(total.counts))

    def take(self, event: Event, ground: Ground) -> None:
        """Count the elements that fulfil the rule."""
        for element in self.looks(event):
            if not self.holds(event, element):
                continue
            mark = self.mark(event, element)
            if (series := self.series(mark, event, element, ground)) is None:
                continue
            self._add(series.counts, event.ts)
            add_evidence(series, event)
            self.timers.set(mark, self._next(series))
            self._touched.append(mark)

    def advance(self, ground: Ground) -> None:
        """Look at what was counted, and at what has moved out of the window."""
        present = ground.clock.flowing(self.rule.source)
        for mark in dict.fromkeys(self._touched):
            self._judge(mark, present, ground)
        self._touched.clear()
        for mark in self.timers.due(present):
            self._judge(mark, present, ground)
        for key in self._idle.due(present):
            if (total := self._totals.get(key)) is None:
                continue
            if (due := self._gone(total.counts)) <= present:
                self._totals.drop(key)
            else:
                self._idle.set(key, due)

    def _judge(self, mark: str, present: int, ground: Ground) -> None:
        series = self.table.get(mark)
        if series is None:
            return
        begin = (present - self.rule.window) // self._part
        count = _sum(series.counts, begin)
        figure, readings = self._figure(series, count, begin)
        if figure is not None and figure > self.rule.above and series.alert is None:
            self.write(mark, "firing", ground, readings, series.seen)
        elif series.alert is not None and (figure is None or figure <= self._release):
            self.resolve(mark, ground, readings)
        if count == 0 and series.alert is None:
            self.table.drop(mark)
        else:
            self.timers.set(mark, max(self._next(series), present + 1))

    def _figure(self, series: Series, count: int, begin: int) -> tuple[float | None, list[Reading]]:
        if not self.rule.of:
            return float(count), [Reading("count", value(count), self.rule.above)]
        labels = [series.labels[label] for label in sorted(self.rule.of_labels)]
        total = self._totals.get(self._total(labels))
        every = 0 if total is None else _sum(total.counts, begin)
        share = count / every if every else None
        told = [Reading("share", value(share), self.rule.above), Reading("count", value(count))]
        if share is not None and every < self.rule.least and series.alert is None:
            share = None
        return share, [*told, Reading("of", value(every))]

    def _add(self, counts: dict[int, int], ts: int) -> None:
        at = ts // self._part
        counts[at] = counts.get(at, 0) + 1
        newest = max(counts)
        for old in [part for part in counts if part <= newest - 2 * PARTS]:
            del counts[old]

    def _total(self, values: list[str]) -> str:
        return fingerprint(self.name, dict(zip(sorted(self.rule.of_labels), values, strict=True)))

    def _next(self, series: Series) -> int:
        # While it fires, each step may end it; else only its last part matters.
        return 0 if series.alert is not None else self._gone(series.counts)

    def _gone(self, counts: dict[int, int]) -> int:
        return (max(counts) + 1) * self._part + self.rule.window if counts else 0


def _sum(counts: dict[int, int], begin: int) -> int:
    return sum(count for part, count in counts.items() if part >= begin)
