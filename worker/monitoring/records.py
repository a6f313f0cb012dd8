"""The records of a step as they go to their topics: partitions, times and headers."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from worker.kafka.records.outputs import Header, Output
from worker.risk import monitor
from worker.settings import Settings
from worker.stream.output.builder import common_headers, rfc3339
from worker.stream.placement import home

MONITOR = "alphapulse.monitor"  # header of the monitor's control records: its name; an operator's have none
CHECKSUM = "alphapulse.checksum"  # header of the state's records
PORTFOLIO = b"io.alphapulse.portfolio.v1"
ALL = b"*"


class Placed(NamedTuple):
    """A record and its partition."""

    partition: int
    record: Output


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
        self._own: tuple[Header, ...] = ((MONITOR, settings.risk_name.encode()),)

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
        """Yield records of the state."""
        for key, value in records:
            name = key.encode()
            yield Placed(0, Output(self._state, name, value, ts, ((CHECKSUM, checksum(name, value)),)))

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


def checksum(key: bytes, value: bytes) -> bytes:
    """Return the CRC-32 of a state record's key and value, as 8 hexadecimal digits."""
    return f"{zlib.crc32(value, zlib.crc32(key)):08x}".encode()
