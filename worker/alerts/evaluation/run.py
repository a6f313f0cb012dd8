"""A rule at work: what all kinds share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from schemas import SCHEMA_VERSION
from schemas.alert import Acknowledgement, Alert, Evidence, Reading, State
from worker.alerts.configuration.rules import Base
from worker.alerts.evaluation.clock import Clock, Timers
from worker.alerts.evaluation.conditions import condition, every
from worker.alerts.evaluation.fields import elements, field
from worker.alerts.evaluation.series import Series, Table, fingerprint
from worker.alerts.evaluation.sources import Event
from worker.engine.rounding import significant

LONGEST = 200  # characters of a label or a value
EVIDENCE = 3  # records that an alert names
SHOWN = 8  # elements of a list that a value shows
_NAME = re.compile(r"\{([A-Za-z0-9_.]+)\}")


class Ground(NamedTuple):
    """What a step gives to all rules."""

    clock: Clock
    number: int  # of the step
    written: list[Alert]  # in order


class Run:
    """A rule with its series. Subclasses say when it is fulfilled."""

    def __init__(self, name: str, rule: Base, stored: Mapping[str, bytes], most: int) -> None:
        """Begin with what is stored; at most so many series are kept.

        Raises:
            UnknownField, Unfit: a field or a condition of the rule does not fit its source.
            DataError: the stored state can't be read.
        """
        self.name, self.rule, self._most = name, rule, most
        self.refused = 0  # series for which there was no room
        self.paths = sorted(_paths(rule))
        self.table = Table(f"series/{name}", Series, stored)
        self.timers: Timers = Timers()
        each = rule.each
        self._elements = elements(rule.source, each) if each is not None else None
        self._holds = every([condition(rule.source, each, one) for one in rule.where])
        self._labels = [(label, field(rule.source, path, each)) for label, path in sorted(rule.labels.items())]
        self._shown = [(path, field(rule.source, path, each)) for path in rule.values]
        self._marks: dict[tuple[str, ...], str] = {}

    # -- what a kind does

    def take(self, event: Event, ground: Ground) -> None:
        """Take an event of the rule's source."""
        raise NotImplementedError

    def advance(self, ground: Ground) -> None:
        """End what time has ended, at the end of a step."""

    # -- what kinds use

    def looks(self, event: Event) -> list[Any]:
        """Return the elements of a record that are looked at; the record itself where the rule has no `each`."""
        return [None] if self._elements is None else self._elements(event.record)

    def holds(self, event: Event, element: Any) -> bool:
        """Return whether all predicates hold."""
        return self._holds(event.record, element)

    def mark(self, event: Event, element: Any) -> str:
        """Return the fingerprint of the labels that a record has."""
        return self.of([text(one.get(event.record, element)) for _, one in self._labels])

    def of(self, values: Sequence[str]) -> str:
        """Return the fingerprint of labels' values, in the order of the labels' names."""
        key = tuple(values)
        if (found := self._marks.get(key)) is None:
            if len(self._marks) > 4 * self._most:
                self._marks.clear()
            found = self._marks[key] = fingerprint(self.name, self._named(key))
        return found

    def series(self, mark: str, event: Event, element: Any, ground: Ground) -> Series | None:
        """Return the series of a mark, made anew where there is none; None where there is no room."""
        found = self.table.get(mark)
        if found is None:
            if len(self.table) >= self._most:
                self.refused += 1
                return None
            values = [text(one.get(event.record, element)) for _, one in self._labels]
            found = Series(self._named(values), event.ts, ground.clock.now)
            self.table.put(mark, found)
        self.table.touch(mark)
        found.seen, found.heard = max(found.seen, event.ts), ground.clock.now
        return found

    def shown(self, event: Event, element: Any) -> list[Reading]:
        """Return the figures that the rule shows of a record."""
        return [Reading(name, value(one.get(event.record, element))) for name, one in self._shown]

    def write(
        self,
        mark: str,
        state: State,
        ground: Ground,
        readings: Sequence[Reading] | None = None,
        starts: int | None = None,
        acknowledged: Acknowledgement | None = None,
    ) -> None:
        """Write an alert in a new state; without readings those before stay."""
        series = self.table.get(mark)
        assert series is not None
        before, rule, now = series.alert, self.rule, ground.clock.now
        begun = before.starts_ms if before else (series.seen if starts is None else starts)
        fired = before.fired_ms if before else None
        alert = Alert(
            schema_version=SCHEMA_VERSION,
            alert_id=f"{mark}-{begun}",
            fingerprint=mark,
            rule=self.name,
            severity=rule.severity,
            state=state,
            labels=series.labels,
            summary=_NAME.sub(lambda found: series.labels.get(found[1], found[0]), rule.summary),
            values=list(readings) if readings is not None else before.values if before else [],
            evidence=list(series.evidence),
            runbook=rule.runbook,
            starts_ms=begun,
            fired_ms=now if state == "firing" and fired is None else fired,
            ends_ms=now if state == "resolved" else None,
            acknowledged=acknowledged or (before.acknowledged if before else None),
            step=ground.number,
        )
        series.alert = None if state == "resolved" else alert
        self.table.touch(mark)
        ground.written.append(alert)

    def acknowledge(self, mark: str, act: Acknowledgement, ground: Ground) -> bool:
        """Note that somebody has taken an alert on; return whether it fires."""
        series = self.table.get(mark)
        if series is None or series.alert is None or series.alert.state != "firing":
            return False
        self.write(mark, "acknowledged", ground, acknowledged=act)
        return True

    def resolve(self, mark: str, ground: Ground, readings: Sequence[Reading] | None = None) -> None:
        """End an alert, if there is one."""
        series = self.table.get(mark)
        if series is not None and series.alert is not None:
            self.write(mark, "resolved", ground, readings)

    def _named(self, values: Sequence[str]) -> dict[str, str]:
        return {label: value for (label, _), value in zip(self._labels, values, strict=True)} | self.rule.fixed


def orphans(stored: Mapping[str, bytes], rules: Mapping[str, Any]) -> list[tuple[str, Series]]:
    """Return key and series of stored alerts whose rules are gone."""
    found: list[tuple[str, Series]] = []
    for key in sorted(stored):
        kind, _, rest = key.partition("/")
        if kind == "series" and rest.partition("/")[0] not in rules:
            found.append((key, msgspec.msgpack.decode(stored[key], type=Series)))
    return found


def add_evidence(series: Series, event: Event) -> None:
    """Name a record as what shows it; the oldest are forgotten. What comes from no topic has its step alone."""
    if not event.topic:
        return
    one = Evidence(event.topic, event.partition, event.offset)
    series.evidence = [*series.evidence[1 - EVIDENCE :], one] if series.evidence else [one]


def text(given: Any) -> str:
    """Return a label's value: other people's text, cut."""
    if given is None:
        return ""
    if isinstance(given, bool):
        return str(given).lower()
    return str(given)[:LONGEST]


def value(given: Any) -> float | str | bool | None:
    """Return a figure as alerts show it."""
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, int | float):
        return float(significant(float(given), 10))
    if isinstance(given, list):
        more = f" and {len(given) - SHOWN} more" if len(given) > SHOWN else ""
        return ("; ".join(str(one) for one in given[:SHOWN]) + more)[:LONGEST]
    return str(given)[:LONGEST]


def _paths(rule: Base) -> set[str]:
    own: Any = getattr(rule, "field", None)
    found = {one.field for one in rule.where} | {*rule.labels.values(), *rule.values}
    return found | ({rule.each} if rule.each else set()) | ({own} if own else set())
