"""Sends records to one topic: idempotent, in batches, by the partitioner of the Java client."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer, errors
from aiokafka.partitioner import murmur2

from worker.errors import AlphapulseError, BrokerUnavailable, ConfigError, DataError, NotPermitted, TryAgain
from worker.sources.record import Record

DEFAULTS: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "compression_type": "zstd",
    "max_batch_size": 262_144,
}
_DELIVERY_TIMEOUT = 60.0  # seconds; idempotent batches never expire by themselves
_STOP_TIMEOUT = 10.0
_BURST = 0.02  # seconds that a paced sender may run ahead
_BREATH = 512  # records between two turns of the event loop


@dataclass
class PublishSummary:
    """What was acknowledged by the broker."""

    topic: str
    records: int = 0
    value_bytes: int = 0
    symbols: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    partitions: Counter[int] = field(default_factory=Counter)  # partition → records


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Java's default partitioner (murmur2) gives a key."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


async def publish_records(
    producer_options: dict[str, Any],
    topic: str,
    records: Iterable[Record],
    rate: float | None = None,
    on_progress: Callable[[int], None] | None = None,
    stop: asyncio.Event | None = None,
) -> PublishSummary:
    """Send all records and wait for every acknowledgement.

    Args:
        producer_options: for `AIOKafkaProducer`; they win over `DEFAULTS`.
        rate: records per second, as fast as possible when None.
        on_progress: called with the number of acknowledged records after each batch.
        stop: once set, no further record is taken; what was taken is still sent.

    Raises:
        BrokerUnavailable, NotPermitted, ConfigError, DataError, TryAgain: with the cause.
    """
    producer = AIOKafkaProducer(**(DEFAULTS | producer_options))
    try:
        await producer.start()
        count = await _partitions(producer, topic)
        sender = _Sender(producer, topic, count, on_progress)
        started = time.monotonic()
        try:
            interrupted = await _feed(sender, records, rate, stop)
        except AlphapulseError:
            await sender.flush()  # the source broke off: what it gave before is published
            raise
        await sender.flush()
        return sender.summary(time.monotonic() - started, interrupted)
    except (errors.KafkaError, TimeoutError) as error:
        raise _explain(error, topic, producer_options) from error
    finally:
        await _end(producer)


async def _partitions(producer: AIOKafkaProducer, topic: str) -> int:
    # All metadata: asking for one topic by name would create it.
    cluster = await producer.client.fetch_all_metadata()
    found = cluster.partitions_for_topic(topic)
    if not found:
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    return len(found)


async def _end(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(_STOP_TIMEOUT):
            await producer.stop()
    except TimeoutError:
        pass  # it flushes without limit when brokers are away; the failure has been raised already


async def _feed(sender: _Sender, records: Iterable[Record], rate: float | None, stop: asyncio.Event | None) -> bool:
    """Take the records; True when stopped before their end."""
    started = time.monotonic()
    for number, record in enumerate(records):
        if number % _BREATH == 0:
            await asyncio.sleep(0)
        due = started + number / rate if rate else 0.0
        if due - time.monotonic() > _BURST:
            await sender.flush()
            await _pause(due - time.monotonic(), stop)
        if stop is not None and stop.is_set():
            return True
        await sender.add(record)
    return False


async def _pause(seconds: float, stop: asyncio.Event | None) -> None:
    if stop is None:
        await asyncio.sleep(max(seconds, 0.0))
        return
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await stop.wait()
    except TimeoutError:
        pass


class _Sender:
    """One open and one flying batch per partition."""

    def __init__(
        self, producer: AIOKafkaProducer, topic: str, partitions: int, on_progress: Callable[[int], None] | None
    ) -> None:
        self._producer = producer
        self._partition_count = partitions
        self._on_progress = on_progress
        self._homes: dict[bytes, int] = {}  # murmur2 in Python costs more than the whole rest
        self._open: dict[int, Any] = {}
        self._flying: dict[int, tuple[asyncio.Future[Any], int]] = {}
        self._value_bytes = 0
        self._summary = PublishSummary(topic)

    async def add(self, record: Record) -> None:
        key, value, timestamp = record
        partition = self._homes.get(key)
        if partition is None:
            partition = self._homes[key] = partition_of(key, self._partition_count)
        batch = self._open.get(partition)
        if batch is None or batch.append(timestamp=timestamp, key=key, value=value) is None:
            if batch is not None:
                await self._send(partition, batch)
            batch = self._open[partition] = self._producer.create_batch()
            batch.append(timestamp=timestamp, key=key, value=value)  # the first record always fits
        self._value_bytes += len(value)

    async def flush(self) -> None:
        """Send what is open and wait for everything."""
        for partition in sorted(self._open):
            await self._send(partition, self._open.pop(partition))
        for partition in sorted(self._flying):
            await self._delivered(partition)

    async def _send(self, partition: int, batch: Any) -> None:
        if partition in self._flying:
            await self._delivered(partition)
        count = batch.record_count()
        future = await self._producer.send_batch(batch, self._summary.topic, partition=partition)
        self._flying[partition] = (future, count)

    async def _delivered(self, partition: int) -> None:
        future, count = self._flying.pop(partition)
        async with asyncio.timeout(_DELIVERY_TIMEOUT):
            await future
        self._summary.partitions[partition] += count
        self._summary.records += count
        if self._on_progress is not None:
            self._on_progress(self._summary.records)

    def summary(self, seconds: float, interrupted: bool) -> PublishSummary:
        self._summary.value_bytes = self._value_bytes
        self._summary.symbols = len(self._homes)
        self._summary.seconds = seconds
        self._summary.interrupted = interrupted
        return self._summary


def _explain(error: BaseException, topic: str, options: dict[str, Any]) -> AlphapulseError:
    where = options.get("bootstrap_servers", "localhost")
    match error:
        case errors.InvalidTimestampError():
            return DataError(
                f"the broker refuses a record of {topic} because its bar closes too far in the future of its clock",
                f"Correct the times, or set message.timestamp.after.max.ms on {topic}",
            )
        case errors.MessageSizeTooLargeError() | errors.RecordTooLargeError():
            return DataError(f"a batch exceeds max.message.bytes of {topic}", f"Raise max.message.bytes on {topic}")
        case errors.TopicAuthorizationFailedError() | errors.ClusterAuthorizationFailedError():
            return NotPermitted(f"no right to write to {topic}", f"Grant WRITE on {topic}")
        case errors.KafkaConnectionError():
            return BrokerUnavailable(
                f"no Kafka broker answers at {where}", "Check kafka.bootstrap_servers; `alphapulse doctor` says more"
            )
        case TimeoutError() | errors.KafkaTimeoutError():
            return BrokerUnavailable(
                f"{where} did not acknowledge a batch in time: whether it was written is unknown",
                "Check the broker, then publish again: repeated bars are rejected as duplicates",
            )
    return TryAgain(f"publishing to {topic} failed: {error!r}", "Check the broker's log, then publish again")
