"""The least job: it counts each symbol's records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition

from tests.support.counting import Counted, CountingEngine
from worker.engine.records.raw import RawRecords
from worker.kafka.records.outputs import Output
from worker.stream.job import Job


class FakePublisher:
    """An output a record: its value is what the engine counted."""

    def outputs(self, raw: RawRecords, results: list[Any]) -> list[Any]:
        return [Output("decisions", counted[1], counted, 0, ()) for counted in results]

    def count(self, raw: RawRecords, results: list[Counted]) -> None: ...


class FakeJob(Job):
    """Counts."""

    version = config_hash = "1"

    def warm_up(self) -> None: ...

    def engine(self) -> CountingEngine:
        return CountingEngine()

    def step(self, engines: Sequence[CountingEngine], raws: Sequence[RawRecords]) -> list[list[Counted]]:
        return [engine.step_raw(raw) for engine, raw in zip(engines, raws, strict=True)]

    def publisher(self, tp: TopicPartition, batch_bytes: int) -> FakePublisher:
        return FakePublisher()
