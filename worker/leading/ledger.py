"""The writer of a leader's transactions: it fences the former owner, and commits the records of steps at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from worker.kafka.errors import SendFailed, within_deadline
from worker.kafka.producers import quietly_stop
from worker.kafka.protocol.offsets import Membership, Position
from worker.kafka.records.outputs import Output
from worker.kafka.transactions import TransactionalProducer
from worker.leading.records import Placed
from worker.leading.team import Team
from worker.settings import Settings
from worker.stream.failpoints import failpoint

BARRIER = b"barrier"


class Ledger:
    """One transactional id for the team, whichever member owns what it leads."""

    def __init__(
        self,
        team: Team,
        settings: Settings,
        options: dict[str, Any],
        batch_bytes: int,
        member: Callable[[], Membership],
    ) -> None:
        """Create it; `member` returns the membership in whose name it commits."""
        self._state = TopicPartition(team.state_topic, 0)
        self._group, self._member = team.group, member
        self._deadline = settings.processing.transaction_timeout_ms / 1000
        self._end = 0  # of the state partition, as far as it is known
        self._batch_bytes = batch_bytes
        self._producer = TransactionalProducer(
            options,
            transactional_id=f"{team.group}-{self._state.topic}",
            transaction_timeout_ms=settings.processing.transaction_timeout_ms,
            max_batch_size=batch_bytes,
            retry_backoff_ms=10,
            former=not settings.processing.fast_path,
        )

    async def open(self) -> int:
        """Fence the former owner; write a record to the state and return its offset: what lies before it is whole.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `write`.
        """
        async with within_deadline(self._deadline, self._state.topic):
            failpoint("before_fence")
            await self._producer.start()
            failpoint("fenced")
            now = int(time.time() * 1000)
            ends = await self._transaction((Placed(0, Output(self._state.topic, BARRIER, b"", now, ())),))
            if self._state not in ends:
                raise KafkaError("the broker does not say where it wrote to the state topic")
            return ends[self._state] - 1

    async def write(self, records: Iterable[Placed]) -> None:
        """Commit records in one transaction.

        Raises:
            Fenced: another member is the owner; nothing was committed.
            OutcomeUnknown: the broker's answer was lost.
            AlphapulseError: no retry can help; nothing was committed.
        """
        async with within_deadline(self._deadline, self._state.topic):
            await self._transaction(records)

    async def stop(self) -> None:
        """Release the connections; the next owner, or the timeout, aborts an open transaction."""
        await quietly_stop(self._producer)

    async def _transaction(self, records: Iterable[Placed]) -> dict[TopicPartition, int]:
        producer = self._producer
        await producer.begin_transaction()
        failpoint("begun")
        ends = await _sent(producer, records, self._batch_bytes)
        failpoint("acknowledged")
        # After the records and the transaction's marker, so that tools show no lag.
        self._end = ends.get(self._state, self._end - 1) + 1
        await producer.send_offsets_to_transaction({self._state: Position(self._end)}, self._group, self._member())
        failpoint("offsets_sent")
        await producer.commit_transaction()
        failpoint("committed")
        return ends


async def _sent(
    producer: TransactionalProducer, records: Iterable[Placed], batch_bytes: int
) -> dict[TopicPartition, int]:
    """Send, wait for every acknowledgement, and return each partition's end where the broker reports it.

    A batch has at most `batch_bytes`. A record that is larger is a batch of its own, packed: that of a step of very
    many symbols, whose names stand in it again and again.
    """
    builders: dict[TopicPartition, Any] = {}
    pending: list[tuple[TopicPartition, int, asyncio.Future[int]]] = []

    async def submit(tp: TopicPartition) -> None:
        builder = builders.pop(tp)
        builder.close()
        sent = await producer.send_batch(builder, tp.topic, partition=tp.partition)
        pending.append((tp, builder.record_count(), sent))

    for partition, record in records:
        tp = TopicPartition(record.topic, partition)
        fields = {
            "key": record.key,
            "value": record.value,
            "timestamp": record.timestamp_ms,
            "headers": list(record.headers),
        }
        if tp in builders and builders[tp].append(**fields) is not None:
            continue
        if tp in builders:
            await submit(tp)
        builders[tp] = producer.create_batch()
        builders[tp].append(**fields)  # an empty one takes a record of any size
        if builders[tp].size() > batch_bytes:
            builders[tp] = producer.create_batch(packed=True)
            builders[tp].append(**fields)
            await submit(tp)
    for tp in list(builders):
        await submit(tp)
    results = await asyncio.gather(*(future for _, _, future in pending), return_exceptions=True)
    ends: dict[TopicPartition, int] = {}
    for (tp, count, _), result in zip(pending, results, strict=True):
        if isinstance(result, BaseException):
            raise SendFailed(tp.topic) from result
        if result >= 0:
            ends[tp] = result + count
    return ends
