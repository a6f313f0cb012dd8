"""Rules, routing and journal as one: a step goes in, records come out. No clock and no connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from schemas.alert import Alert
from worker.alerts import journal
from worker.alerts.configuration.plan import Plan
from worker.alerts.evaluation.evaluation import Evaluation
from worker.alerts.evaluation.records import Record, act_of
from worker.alerts.evaluation.sources import ORDER, Row
from worker.alerts.routing.dispatch import Dispatch, Sent

_encode = msgspec.json.Encoder().encode


class Written(NamedTuple):
    """What a step writes."""

    step: journal.Step | None  # None: nothing has changed, and nothing is to be written
    alerts: list[tuple[Alert, bytes]]
    sent: list[Sent]
    state: list[tuple[str, bytes | None]]


class Core:
    """The alerts of one fleet."""

    def __init__(self, plan: Plan, most: int, cut: Mapping[str, list[int]], topics: Mapping[str, str]) -> None:
        """Begin without any state at a cut; `topics` are the ids of the sources' topics."""
        self._plan, self._most = plan, most
        self._cut = {source: list(offsets) for source, offsets in cut.items()}
        self._topics = dict(topics)
        self.number, self._now = 0, 0
        self._evaluation = Evaluation(plan.rules, most)
        self._dispatch = Dispatch(plan.routing)

    @classmethod
    def restored(cls, plan: Plan, most: int, stored: Mapping[str, bytes], last: journal.Step) -> Core:
        """Return it as its last step left it.

        Raises:
            DataError: the stored state can't be read.
        """
        core = cls(plan, most, last.cut, last.topics)
        core.number, core._now = last.number, last.now
        core._evaluation = Evaluation(plan.rules, most, stored, last.flows)
        core._dispatch = Dispatch(plan.routing, stored)
        return core

    @property
    def cut(self) -> dict[str, list[int]]:
        """By source, the first offset of each partition that has not entered."""
        return self._cut

    @property
    def open(self) -> list[Alert]:
        """The alerts that fire and have a route, acknowledged or not."""
        return self._dispatch.open

    def told(self, receiver: str) -> list[Alert]:
        """Return the alerts that fire and were told to a receiver."""
        return self._dispatch.told(receiver)

    @property
    def unreadable(self) -> Mapping[str, int]:
        """Records that could not be read, by source."""
        return self._evaluation.unreadable

    @property
    def refused(self) -> int:
        """Series for which there was no room."""
        return self._evaluation.refused

    def step(self, now: int, records: Sequence[Record], rows: Sequence[Row] = ()) -> Written:
        """Take the records that came since the last step, and observations of the fleet, at a wall time, epoch ms."""
        now = max(now, self._now)
        ordered = sorted(records, key=_place)
        for record in ordered:
            self._cut[record.source][record.partition] = record.offset + 1
        number = self.number + 1
        acts = [act for one in ordered if one.source == "audit" and (act := act_of(one.value)) is not None]
        events = (record for record in ordered if record.source != "audit")
        alerts = self._evaluation.step(number, now, events, rows, acts)
        sent = self._dispatch.step(now, alerts, acts)
        state = [*self._evaluation.changes(), *self._dispatch.changes()]
        if not (records or rows or alerts or sent or state):
            return Written(None, [], [], [])
        self.number, self._now = number, now
        step = journal.Step(
            journal.FORMAT,
            number,
            now,
            {source: list(offsets) for source, offsets in self._cut.items()},
            dict(self._evaluation.clock.flows),
            list(rows),
            self._topics,
            self._plan.digest,
        )
        return Written(step, [(one, _encode(one)) for one in alerts], sent, [*state, (step.key, step.encoded())])


def replay(
    core: Core, steps: Iterable[journal.Step], logs: Mapping[str, Sequence[Sequence[Record]]]
) -> Iterator[Written]:
    """Yield what the journaled steps write again; `logs` have the records of each source by partition.

    The core begins where the first step begun.
    """
    places = {source: [0] * len(parts) for source, parts in logs.items()}
    for step in steps:
        entered: list[Record] = []
        for source, parts in logs.items():
            for at, records in enumerate(parts):
                stop = step.cut.get(source, [])[at]
                while places[source][at] < len(records) and records[places[source][at]].offset < stop:
                    entered.append(records[places[source][at]])
                    places[source][at] += 1
        yield core.step(step.now, entered, step.rows)


def _place(record: Record) -> tuple[int, int, int]:
    return ORDER.index(record.source), record.partition, record.offset
