"""All rules over the records of a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from schemas.alert import Acknowledgement, Alert
from worker.alerts.configuration import rules
from worker.alerts.configuration.plan import Limited
from worker.alerts.evaluation import sources
from worker.alerts.evaluation.absent import Absent
from worker.alerts.evaluation.clock import Clock, Flow
from worker.alerts.evaluation.match import Match
from worker.alerts.evaluation.missing import Missing
from worker.alerts.evaluation.rate import Rate
from worker.alerts.evaluation.records import Act, Reading, Record
from worker.alerts.evaluation.run import Ground, Run, orphans
from worker.alerts.evaluation.sources import Event, Row
from worker.alerts.evaluation.threshold import Threshold


class Evaluation:
    """The rules and what they remember. Its outputs depend on what it is given, and on nothing else."""

    def __init__(
        self,
        limited: Mapping[str, Limited],
        most: int,
        stored: Mapping[str, bytes] | None = None,
        flows: Mapping[str, Flow] | None = None,
    ) -> None:
        """Begin with what is stored; at most so many series a rule are kept.

        Raises:
            DataError: the stored state can't be read.
        """
        stored = stored or {}
        self.clock = Clock(dict(flows or {}))
        self.unreadable: Counter[str] = Counter()  # records, by source
        self.runs = {name: run(name, one, stored, most) for name, one in sorted(limited.items())}
        self._by: dict[str, list[Run]] = {source: [] for source in sources.STRUCTS}
        for each in self.runs.values():
            self._by[each.rule.source].append(each)
        self._rates = [each for each in self.runs.values() if isinstance(each, Rate) and each.rule.of]
        self._reading = Reading(
            {source: {path for one in runs for path in one.paths} for source, runs in self._by.items()}
        )
        self._missing = Missing(stored if self._by["sequences"] else {}, most)
        self._gone = orphans(stored, self.runs)

    @property
    def refused(self) -> int:
        """Series for which there was no room."""
        return sum(each.refused for each in self.runs.values())

    def step(
        self, number: int, now: int, records: Iterable[Record], rows: Sequence[Row] = (), acts: Iterable[Act] = ()
    ) -> list[Alert]:
        """Take what entered a step, in its order; return the alerts that it changes."""
        self.clock.now = now
        ground = Ground(self.clock, number, [])
        self._bury(ground)
        for act in acts:
            self._act(act, ground)
        for record in records:
            self._take(record, ground)
        for row in rows:
            self._give(Event("fleet", row.topic, row.partition or 0, row.offset or 0, now, row), ground)
        for each in self.runs.values():
            each.advance(ground)
        return ground.written

    def changes(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield the records of the state that have changed since the last call."""
        for each in self.runs.values():
            yield from each.table.changes()
            if isinstance(each, Rate):
                yield from each.changes.changes()
        yield from self._missing.table.changes()
        for key, _ in self._gone:
            yield key, None
        self._gone = []

    def _take(self, record: Record, ground: Ground) -> None:
        event = self._reading.event(record, ground.clock.now)
        if event is None:
            self.unreadable[record.source] += 1
            return
        self._give(event, ground)
        found = event.record
        if self._by["sequences"] and record.source != "portfolio" and found.symbol and found.sequence:
            self._told(self._missing.note(found.symbol, event.partition, int(found.sequence)), event, ground)

    def _give(self, event: Event, ground: Ground) -> None:
        ground.clock.note(event.source, event.ts)
        for rate in self._rates:
            rate.count(event)
        for each in self._by[event.source]:
            each.take(event, ground)

    def _told(self, found: sources.Sequence | None, of: Event, ground: Ground) -> None:
        if found is not None:
            now = ground.clock.now  # what is missing may come from another topic: the wall decides how long to wait
            self._give(Event("sequences", of.topic, of.partition, of.offset, now, found), ground)

    def _act(self, act: Act, ground: Ground) -> None:
        if act.action != "acknowledge_alert":
            return
        given = Acknowledgement(act.who, act.reason, act.ts)
        for each in self.runs.values():
            if not each.acknowledge(act.subject, given, ground) or each.rule.source != "sequences":
                continue
            series = each.table.get(act.subject)
            symbol = series.labels.get("symbol", "") if series else ""
            if series and (found := self._missing.forgive(symbol)) is not None:
                last = series.evidence[-1]
                self._told(found, Event("", last.topic, last.partition, last.offset, ground.clock.now, None), ground)

    def _bury(self, ground: Ground) -> None:
        """End the alerts of rules that are gone from the file."""
        for _, series in self._gone:
            if series.alert is not None:
                ended = msgspec.structs.replace(
                    series.alert, state="resolved", ends_ms=ground.clock.now, step=ground.number
                )
                ground.written.append(ended)


def run(name: str, limited: Limited, stored: Mapping[str, bytes], most: int) -> Run:
    """Return a rule at work.

    Raises:
        UnknownField, Unfit, DataError: as `Run`.
    """
    rule = limited.rule
    if isinstance(rule, rules.Match):
        return Match(name, rule, stored, most)
    if isinstance(rule, rules.Rate):
        return Rate(name, rule, stored, most)
    if isinstance(rule, rules.Absent):
        return Absent(name, rule, stored, most)
    assert isinstance(rule, rules.Threshold)
    return Threshold(name, rule, stored, most, limited.limit)
