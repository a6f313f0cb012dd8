"""Publishing of records to one topic: idempotent, in batches, by the partitioner of the Java client."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from aiokafka import errors
from aiokafka.partitioner import murmur2

from worker.errors import AlphapulseError, BrokerUnavailable, DataError, NotPermitted, TryAgain
from worker.sources.delivery import TIMEOUT, Delivery, NotDelivered, PendingBatch
from worker.sources.record import Record

DEFAULTS: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "compression_type": "zstd",
    "max_batch_size": 262_144,
}
_BURST = 0.02  # seconds that a paced sender may run ahead
_BREATH = 512  # records between two turns of the event loop


@dataclass
class PublishSummary:
    """What the broker acknowledged."""

    topic: str
    records: int = 0
    value_bytes: int = 0
    symbols: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    repeated: int = 0  # sent again after a producer failed: they may be in the topic twice
    partitions: Counter[int] = field(default_factory=Counter)  # partition → records


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition that Java's default partitioner (murmur2) gives a key."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


async def publish_records(
    producer_options: dict[str, Any],
    topic: str,
    records: Iterable[Record],
    rate: float | None = None,
    on_progress: Callable[[int], None] | None = None,
    stop: asyncio.Event | None = None,
    delivery_timeout: float = TIMEOUT,
    on_wait: Callable[[float], None] | None = None,
    on_recovery: Callable[[float], None] | None = None,
) -> PublishSummary:
    """Send all records and wait for every acknowledgement, through elections and restarts of brokers.

    Args:
        producer_options: for `AIOKafkaProducer`; they win over `DEFAULTS`.
        rate: records per second, as fast as possible when None.
        on_progress: called with the number of acknowledged records after each batch.
        stop: once set, no further record is taken; what was taken is still sent.
        delivery_timeout: seconds for which a batch is tried.
        on_wait: called with these seconds at the start of each outage, when no acknowledgement comes for some time.
        on_recovery: called with the length of each outage in seconds, once it has ended.

    Raises:
        BrokerUnavailable, NotPermitted, ConfigError, DataError, TryAgain: with the cause, and how many records were
            acknowledged before.
    """
    delivery = Delivery(DEFAULTS | producer_options, topic, delivery_timeout, on_wait, on_recovery)
    sender = None
    try:
        await delivery.open()
        sender = _Sender(delivery, topic, on_progress)
        started = time.monotonic()
        try:
            interrupted = await _feed(sender, records, rate, stop)
        except AlphapulseError:
            await sender.flush()  # the source broke off: what it gave before is published
            raise
        await sender.flush()
        return sender.summary(time.monotonic() - started, interrupted)
    except (NotDelivered, errors.KafkaError, TimeoutError) as error:
        if sender is None:
            raise _explain(error, topic, producer_options) from error
        await sender.sweep()
        if isinstance(error, NotDelivered):
            raise _broken_off(sender, topic, producer_options, delivery_timeout, error.__cause__) from error
        raise _so_far(_explain(error, topic, producer_options), sender) from error
    except AlphapulseError as error:
        raise _so_far(error, sender) from error.__cause__
    finally:
        await delivery.close()


async def _feed(sender: _Sender, records: Iterable[Record], rate: float | None, stop: asyncio.Event | None) -> bool:
    """Send the records, and return whether `stop` was set before their end."""
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
    """One open batch and one in flight per partition."""

    def __init__(self, delivery: Delivery, topic: str, on_progress: Callable[[int], None] | None) -> None:
        self._delivery = delivery
        self._on_progress = on_progress
        self._homes: dict[bytes, int] = {}  # murmur2 in Python costs more than the whole rest
        self._open: dict[int, PendingBatch] = {}
        self._value_bytes = 0
        self._summary = PublishSummary(topic)
        self.taken = 0

    @property
    def acknowledged(self) -> int:
        return self._summary.records

    async def add(self, record: Record) -> None:
        key = record.key
        partition = self._homes.get(key)
        if partition is None:
            partition = self._homes[key] = partition_of(key, self._delivery.partitions)
        self.taken += 1
        batch = self._open.get(partition)
        if batch is None or not batch.append(record):
            if batch is not None:
                await self._send(partition, batch)
            batch = self._open[partition] = self._delivery.batch()
            batch.append(record)
        self._value_bytes += len(record.value)

    async def flush(self) -> None:
        """Send the open batches, and wait for all acknowledgements."""
        for partition in sorted(self._open):
            await self._send(partition, self._open.pop(partition))
        for partition in self._delivery.flying:
            await self._delivered(partition)

    async def sweep(self) -> None:
        """Count what is already acknowledged, without waiting."""
        for partition in self._delivery.landed:
            await self._delivered(partition)

    async def _send(self, partition: int, batch: PendingBatch) -> None:
        if partition in self._delivery.flying:
            await self._delivered(partition)
        await self._delivery.send(partition, batch)

    async def _delivered(self, partition: int) -> None:
        count = await self._delivery.delivered(partition)
        self._summary.partitions[partition] += count
        self._summary.records += count
        if self._on_progress is not None:
            self._on_progress(self._summary.records)

    def summary(self, seconds: float, interrupted: bool) -> PublishSummary:
        self._summary.value_bytes = self._value_bytes
        self._summary.symbols = len(self._homes)
        self._summary.seconds = seconds
        self._summary.interrupted = interrupted
        self._summary.repeated = self._delivery.repeated
        return self._summary


def _so_far(error: AlphapulseError, sender: _Sender | None) -> AlphapulseError:
    """Add to the error the number of records that were acknowledged before it."""
    if sender is not None and sender.taken:
        error.message += f" ({sender.acknowledged:,} records were acknowledged before)"
    return error


def _broken_off(
    sender: _Sender, topic: str, options: dict[str, Any], seconds: float, cause: BaseException | None
) -> AlphapulseError:
    where = options.get("bootstrap_servers", "localhost")
    return TryAgain(
        f"{where} did not acknowledge a batch for {seconds:g} s ({cause!r}): {sender.acknowledged:,} records are "
        f"acknowledged, of {sender.taken - sender.acknowledged:,} more it is unknown whether they are in {topic}",
        "Check the brokers, then publish all of it again: that is harmless, repeated bars change no decision",
    )


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
        case errors.SaslAuthenticationFailed() | errors.AuthenticationFailedError():
            return NotPermitted(f"{where} refused the login", "Check kafka.sasl_plain_username and sasl_plain_password")
        case errors.KafkaConnectionError():
            return BrokerUnavailable(
                f"no Kafka broker answers at {where}", "Check kafka.bootstrap_servers; `alphapulse doctor` says more"
            )
        case TimeoutError() | errors.KafkaTimeoutError():
            return BrokerUnavailable(
                f"{where} does not answer in time", "Check the broker; `alphapulse doctor` says more"
            )
    return TryAgain(f"publishing to {topic} failed: {error!r}", "Check the broker's log, then publish again")
