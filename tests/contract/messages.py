"""Real outcomes of the engine as the publisher writes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from aiokafka import ConsumerRecord

from tests.corpus.mixed import mixed_log
from tests.support.record_engine import RecordEngine
from worker.engine.settings import EngineSettings
from worker.kafka.reader import Consumed
from worker.kafka.records.outputs import Output
from worker.settings import TopicSettings
from worker.sources.simulation.simulator import Simulation
from worker.stream.output.builder import OutputBuilder

TRACE = (("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("other", b"not passed on"))
GROUP = "contract"


def consumed(offset: int, key: bytes | None, value: bytes | None, timestamp: int) -> Consumed:
    """An input record as aiokafka gives it."""
    return ConsumerRecord("ticks.raw", 2, offset, timestamp, 0, key, value, None, 0, 0, TRACE)


@cache
def outputs() -> tuple[Output, ...]:
    """Outputs for a market with faults and the whole corpus of small bad values."""
    log = mixed_log(Simulation(symbols=6, bars=150, seed=3, fault_rate=0.05))
    records = [consumed(offset, *row) for offset, row in enumerate(zip(*log, strict=True))]
    outcomes = RecordEngine(EngineSettings()).process(log)
    return tuple(OutputBuilder(TopicSettings(), GROUP).outputs(records, outcomes))


def values(topic: str) -> Iterator[Any]:
    """Decoded values of one output topic."""
    return (msgspec.json.decode(output.value or b"") for output in outputs() if output.topic == topic)
