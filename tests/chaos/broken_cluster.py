"""Mutations that only a cluster, or an answer as clusters give them, brings to light."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.conn import create_conn
from aiokafka.protocol.coordination import FindCoordinatorRequest

from worker.engine.partition import PartitionEngine
from worker.kafka.backoff import BackOff
from worker.kafka.protocol.offsets import OffsetFetchResponse, Position, fetch_offsets, fetched
from worker.kafka.transactions import producer
from worker.stream.output.sink import TransactionalSink
from worker.stream.state import agreement, recovery
from worker.stream.state.checkpoint import Opened

# Names that these modules import are replaced in them.
AGREEMENT: Any = agreement
PRODUCER: Any = producer
NEVER = -(2**62)  # ms


def begins_anew_beside_a_state() -> None:
    """Nothing committed, or too little, is believed whatever else shows that the group has worked."""
    AGREEMENT.contradicting = lambda *_: None


async def _first_says(options: dict[str, Any], group: str, tp: TopicPartition) -> Position | None:
    """The group's offset from the broker that the first one takes for its coordinator."""
    host, _, port = options["bootstrap_servers"].split(",")[0].rpartition(":")
    connection = await create_conn(host, int(port))
    try:
        found: Any = await connection.send(FindCoordinatorRequest(group, 0))
    finally:
        connection.close()
    connection = await create_conn(found.host, found.port)
    try:
        answer = await connection.send(fetch_offsets(group, (tp,)))
    finally:
        connection.close()
    return fetched(answer, (tp,))[tp]


def no_barrier() -> None:
    """The committed offset is read from any coordinator, not from the one that has just taken a write."""
    begins_anew_beside_a_state()
    read = TransactionalSink.read

    async def changed(self: TransactionalSink) -> Opened:
        opened = await read(self)
        return opened._replace(committed=await _first_says(self._clients.options, self._group, self._tp))

    TransactionalSink.read = changed  # type: ignore[method-assign]


def believes_an_empty_answer() -> None:
    """An answer without the partition means that nothing is committed, also when it carries an error."""
    begins_anew_beside_a_state()
    OffsetFetchResponse.codes = lambda self: iter(())  # type: ignore[method-assign]

    def lenient(answer: Any, tps: Any) -> dict[TopicPartition, Position | None]:
        return fetched(answer, tps) if answer.topics else dict.fromkeys(tps)

    PRODUCER.fetched = lenient


def a_missing_partition_is_success() -> None:
    """TxnOffsetCommit counts when no error is told, also when the partition is not spoken of."""
    begins_anew_beside_a_state()
    PRODUCER.committed = lambda answer, tps: None


def accepts_an_older_state_end() -> None:
    """A state partition that ends before what the committed offset counts on is as good as any."""
    recovery.Recovery._cut_short = lambda self, checkpoint, named: False  # type: ignore[method-assign]


def no_back_off() -> None:
    """What was refused is asked again at once."""
    BackOff.next = lambda self: 0.0  # type: ignore[method-assign]


def accepts_a_late_bar() -> None:
    """Which times of a symbol are decided is forgotten between two batches."""
    step = PartitionEngine.step_raw

    def changed(self: PartitionEngine, raw: Any) -> Any:
        decided = self.symbols.states["carry"]["decided"]
        decided["last"] = decided["top"] = NEVER
        decided["gaps"] = 0
        return step(self, raw)

    PartitionEngine.step_raw = changed  # type: ignore[method-assign]


MUTATIONS: tuple[Callable[[], None], ...] = (
    begins_anew_beside_a_state,
    no_barrier,
    believes_an_empty_answer,
    a_missing_partition_is_success,
    accepts_an_older_state_end,
    no_back_off,
    accepts_a_late_bar,
)
