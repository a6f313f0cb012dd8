"""`match`: a record with certain values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from worker.alerts.configuration import rules
from worker.alerts.evaluation.run import Ground, Run, add_evidence, text
from worker.alerts.evaluation.sources import Event


class Match(Run):
    """It fires with a matching record. It ends `hold` after the last one, or without it with one that does not match.

    A record speaks of those series whose labels it has, whatever the elements of its list.
    """

    rule: rules.Match

    def __init__(self, name: str, rule: rules.Match, stored: Mapping[str, bytes], most: int) -> None:
        super().__init__(name, rule, stored, most)
        own = rule.each or ""
        self._scoping = [
            (label, one)
            for label, one in self._labels
            if not own or not (rule.labels[label] == own or rule.labels[label].startswith(f"{own}."))
        ]
        self._active: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for mark, series in self.table.items():
            self._active[tuple(series.labels[label] for label, _ in self._scoping)].add(mark)
            if rule.hold is not None:
                self.timers.set(mark, series.seen + rule.hold)

    def take(self, event: Event, ground: Ground) -> None:
        """Fire, and end what no longer matches."""
        matched: list[str] = []
        for element in self.looks(event):
            if not self.holds(event, element):
                continue
            mark = self.mark(event, element)
            if mark in matched or (series := self.series(mark, event, element, ground)) is None:
                continue
            matched.append(mark)
            add_evidence(series, event)
            if series.alert is None:
                self.write(mark, "firing", ground, self.shown(event, element), event.ts)
                self._active[self._scope(event)].add(mark)
            if self.rule.hold is not None:
                self.timers.set(mark, series.seen + self.rule.hold)
        if self.rule.hold is None and self._active:
            for mark in sorted(self._active.get(self._scope(event), set()).difference(matched)):
                self._end(mark, ground)

    def advance(self, ground: Ground) -> None:
        """End what was not seen for `hold`."""
        if self.rule.hold is None:
            return
        present = ground.clock.flowing(self.rule.source)
        for mark in self.timers.due(present):
            series = self.table.get(mark)
            if series is None:
                continue
            if series.seen + self.rule.hold > present:
                self.timers.set(mark, series.seen + self.rule.hold)
            else:
                self._end(mark, ground)

    def _scope(self, event: Event) -> tuple[str, ...]:
        return tuple(text(one.get(event.record, None)) for _, one in self._scoping)

    def _end(self, mark: str, ground: Ground) -> None:
        series = self.table.get(mark)
        assert series is not None
        self.resolve(mark, ground)
        scope = tuple(series.labels[label] for label, _ in self._scoping)
        self._active[scope].discard(mark)
        if not self._active[scope]:
            del self._active[scope]
        self.table.drop(mark)
