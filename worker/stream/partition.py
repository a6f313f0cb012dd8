"""One input partition in this worker's hands: fence, restore, then batch after batch in transactions."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from worker.engine.partition import PartitionEngine
from worker.settings import Settings
from worker.stream.crash import crash_point
from worker.stream.outputs import Publisher
from worker.stream.reading import Consumed
from worker.stream.restore import replay, to_records
from worker.stream.seams import committed_with_metadata
from worker.stream.sink import AcknowledgedSink, Sink, TransactionalSink
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
ORIGIN = "replay_from="  # committed with the offset: where this group's state of the partition begins


class Phase(Enum):
    """What may be done with the partition now."""

    RESTORING = "restoring"  # paused in the consumer
    READY = "ready"
    BUSY = "busy"  # a batch is between fetch and commit
    PARKED = "parked"  # revoked; kept in memory until the new assignment is known
    FAILED = "failed"  # fenced: not to be taken again before a newer generation assigns it


class Partition:
    """State, sink and progress of one assigned partition.

    State that is ahead of a failed commit is thrown away, never patched.
    """

    def __init__(
        self,
        tp: TopicPartition,
        settings: Settings,
        options: dict[str, Any],
        batch_bytes: int,
        new_engine: Callable[[], PartitionEngine],
    ) -> None:
        self.tp = tp
        self.phase = Phase.RESTORING
        self.next = -1  # the next input offset to process; state, outputs and commit agree up to it
        self.origin = 0
        self.rest_until = 0.0  # monotonic seconds; small batches wait here so that a transaction carries more
        self._settings, self._new_engine = settings, new_engine
        self._options, self._batch_bytes = options, batch_bytes
        self._engine: PartitionEngine | None = None
        self._sink: Sink | None = None
        self._publisher = Publisher(settings.topics, settings.processing.group)

    async def open(self, consumer: AIOKafkaConsumer) -> None:
        """Fence the former owner, then read the committed offset, then restore state for exactly that offset."""
        started = time.monotonic()
        self.phase = Phase.RESTORING
        await self.release()
        self._sink = self._new_sink(consumer)
        crash_point("before_fence")
        await self._sink.start()
        crash_point("fenced")
        self.next, self.origin = await self._committed(consumer)
        crash_point("offset_read")
        self._engine = self._new_engine()
        await replay(self.tp, self._engine, self.origin, self.next, self._options, self._on_progress)
        seconds = time.monotonic() - started
        METRICS.state_restore_seconds.observe(seconds)
        log.info(
            "restored",
            extra={"partition": self.tp.partition, "offset": self.next, "seconds": round(seconds, 3)},
        )

    async def confirm(self, consumer: AIOKafkaConsumer) -> bool:
        """Whether a parked partition may go on as it is: nobody committed in between."""
        return self._sink is not None and (await self._committed(consumer)) == (self.next, self.origin)

    async def process(self, records: Sequence[Consumed], position: int) -> None:
        """Run records (all at or after `next`) through the engine and commit `position` with their outputs.

        Raises:
            Fenced, OutcomeUnknown: the partition must be opened again before it goes on.
            AlphapulseError: no retry can help.
        """
        assert self._engine is not None
        assert self._sink is not None
        begun = time.monotonic()
        outcomes = self._engine.process(to_records(list(records)))
        METRICS.engine_seconds.observe(time.monotonic() - begun)
        outputs = self._publisher.outputs(records, outcomes)
        begun = time.monotonic()
        await self._sink.deliver(outputs, position, f"{ORIGIN}{self.origin}")
        crash_point("committed")
        METRICS.commit_duration_seconds.observe(time.monotonic() - begun)
        self.next = position
        self._count(records, outcomes)

    async def release(self) -> None:
        """Drop the state and the producer."""
        sink, self._sink, self._engine = self._sink, None, None
        if sink:
            await sink.stop()

    @property
    def symbols(self) -> int:
        """Known symbols."""
        return self._engine.known if self._engine else 0

    def _new_sink(self, consumer: AIOKafkaConsumer) -> Sink:
        processing = self._settings.processing
        options = self._options | {
            "acks": "all",
            "max_batch_size": self._batch_bytes,
            "linger_ms": 0,
        }
        if processing.guarantee == "exactly_once":
            return TransactionalSink(self.tp, processing.group, options, processing.transaction_timeout_ms)
        return AcknowledgedSink(self.tp, consumer, options, processing.transaction_timeout_ms)

    async def _committed(self, consumer: AIOKafkaConsumer) -> tuple[int, int]:
        """(next offset, origin of the state): from the group's commit, else the log's start for both."""
        committed = await committed_with_metadata(consumer, self.tp)
        if committed is None:
            start = (await consumer.beginning_offsets([self.tp]))[self.tp]
            return start, start
        # An offset that was set by hand carries no origin: its state is that of the whole partition.
        text = committed.metadata or ""
        return committed.offset, int(text.removeprefix(ORIGIN)) if text.startswith(ORIGIN) else 0

    def _on_progress(self, offset: int) -> None:
        METRICS.restore_offset.labels(self.tp.partition).set(offset)

    def _count(self, records: Sequence[Consumed], outcomes: Sequence[Any]) -> None:
        METRICS.count_batch(self.tp.partition, outcomes)
        METRICS.symbols_tracked.labels(self.tp.partition).set(self.symbols)
        if records:
            lag = max(time.time() - records[-1].timestamp / 1000, 0.0)
            METRICS.event_time_lag_seconds.labels(self.tp.partition).set(lag)
