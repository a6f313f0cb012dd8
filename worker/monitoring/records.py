"""The records of a step as they go to their topics: partitions, times and headers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from schemas.control import MONITOR_HEADER
from worker.kafka.records.outputs import Header, Output
from worker.leading.records import Placed, state_records
from worker.risk import monitor
from worker.settings import Settings
from worker.stream.output.builder import common_headers, rfc3339
from worker.stream.state.placement import home

PORTFOLIO = b"io.alphapulse.portfolio.v1"
ALL = b"*"


class Step(NamedTuple):
    """A step of the monitor: what it writes, and when."""

    number: int
    ts: int  # of the step, epoch ms UTC
    written_ms: int  # time of its control records: that of a repetition, else the step
    output: monitor.Output


class Writer:
    """Builds the records of steps; nothing in them depends on the process."""

    def __init__(self, settings: Settings, control_partitions: int) -> None:
        self._topics, self._state, self._partitions = settings.topics, settings.risk_state_topic, control_partitions
        self._common = common_headers(settings.risk_group)
        self._own: tuple[Header, ...] = ((MONITOR_HEADER, settings.risk_name.encode()),)

    def records(self, steps: Sequence[Step]) -> Iterator[Placed]:
        """Yield the records of steps that are committed together: of the state only the newest of each key."""
        state: dict[str, bytes] = {}
        for step in steps:
            yield Placed(0, self._portfolio(step))
            for key, value in step.output.controls:
                yield self._control(key, value, step.written_ms)
            for key, value in step.output.state:
                state.pop(key, None)
                state[key] = value
        yield from self.state(state.items(), steps[-1].ts)

    def state(self, records: Iterable[tuple[str, bytes]], ts: int) -> Iterator[Placed]:
        """Return records of the state."""
        return state_records(self._state, records, ts)

    def _portfolio(self, step: Step) -> Output:
        headers = (
            *self._common,
            ("ce_id", f"{self._topics.portfolio}-{step.number}".encode()),
            ("ce_type", PORTFOLIO),
            ("ce_time", rfc3339(step.ts).encode()),
        )
        return Output(self._topics.figures, ALL, step.output.portfolio, step.ts, headers)

    def _control(self, key: str, value: bytes | None, written_ms: int) -> Placed:
        name = key.encode()
        return Placed(home(name, self._partitions), Output(self._topics.limits, name, value, written_ms, self._own))
