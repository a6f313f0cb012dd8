"""Delivery of batches to one topic through elections and restarts of brokers, by one producer after another.

aiokafka's idempotent producer retries by itself. But it fails a batch whose partition has no leader for a request
timeout, is unusable after some errors, and may leave a future unresolved for ever. Then a new producer sends what is
not acknowledged, in the order of each partition. It can't know what the old one has written: those records may be
duplicated, which changes no decision. A broker that is stopped may refuse a batch that it has written. When it starts,
it forgets the sequences of records older than `producer.id.expiration.ms`, a day: a retry of history is written twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer, errors

from worker.errors import ConfigError
from worker.kafka.asking import find_topics
from worker.sources.record import Record

TIMEOUT = 120.0  # seconds for which a batch is tried
SAY_AFTER = 5.0  # seconds without an acknowledgement after which the user is told
STOP_TIMEOUT = 10.0
_CANCEL_TIMEOUT = 1.0  # of a sender without connections
_BACKOFF = (0.1, 0.2, 0.5, 1.0)  # seconds before another producer

# Errors that a new producer would not mend.
FATAL = (
    errors.InvalidTimestampError,
    errors.MessageSizeTooLargeError,
    errors.RecordTooLargeError,
    errors.TopicAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
    errors.InvalidTopicError,
    errors.SaslAuthenticationFailed,
    errors.AuthenticationFailedError,
)

# Errors that a new producer may mend. uvloop raises RuntimeError on a just-reset transport, aiokafka AssertionError for
# a partition that is not in its metadata yet.
TRANSIENT = (errors.KafkaError, TimeoutError, OSError, RuntimeError, AssertionError)


class NotDelivered(Exception):
    """The delivery timeout passed without an acknowledgement of a batch; the cause is the last failure."""


class PendingBatch:
    """Records of one partition, in order, kept until they are acknowledged."""

    def __init__(self, builder: Any) -> None:
        self._builder: Any = builder
        self.records: list[Record] = []

    def append(self, record: Record) -> bool:
        """Append a record; return False if the batch is full. The first record always fits."""
        key, value, timestamp = record
        if self._builder.append(timestamp=timestamp, key=key, value=value) is None and self.records:
            return False
        self.records.append(record)
        return True

    def take(self) -> Any:
        """Return the builder, to be sent once."""
        return self._builder

    def again(self, builder: Any) -> None:
        """Put the same records into a new builder."""
        self._builder = builder
        for key, value, timestamp in self.records:
            builder.append(timestamp=timestamp, key=key, value=value)


class _Flight:
    """A batch in flight, and its future from the present producer."""

    def __init__(self, batch: PendingBatch) -> None:
        self.batch = batch
        self.future: asyncio.Future[Any] | None = None

    @property
    def acknowledged(self) -> bool:
        future = self.future
        return future is not None and future.done() and not future.cancelled() and future.exception() is None


class Delivery:
    """Sender with at most one batch in flight per partition; `repeated` counts records that several producers sent."""

    def __init__(
        self,
        options: dict[str, Any],
        topic: str,
        timeout: float = TIMEOUT,
        on_wait: Callable[[float], None] | None = None,
        on_recovery: Callable[[float], None] | None = None,
        new_producer: Callable[..., Any] = AIOKafkaProducer,
    ) -> None:
        """Prepare to connect.

        An outage begins when the awaited batch is not acknowledged for `SAY_AFTER`: `on_wait` is called once, with the
        delivery timeout. It ends when that batch is acknowledged: `on_recovery` is called once, with its seconds.
        """
        self._options, self._topic, self._timeout = options, topic, timeout
        self._on_wait, self._on_recovery, self._new_producer = on_wait, on_recovery, new_producer
        # An unanswered request fails with its connection after the request timeout; this leaves time for one retry.
        self._patience = 2.0 * options.get("request_timeout_ms", 40_000) / 1_000
        self._producer: Any = None
        self._flights: dict[int, _Flight] = {}
        self._since: float | None = None  # when the wait for an acknowledgement began, None = nobody waits
        self._outage: float | None = None  # when the outage began of which the user is told
        self.partitions = 0
        self.repeated = 0

    async def open(self) -> None:
        """Connect.

        Raises:
            ConfigError: the topic does not exist: brokers have said so for a time (`find_topics`).
            TryAgain, BrokerUnavailable: they do not say.
            KafkaError, TimeoutError: no broker can be used.
        """
        try:
            async with asyncio.timeout(min(self._patience, self._timeout)):
                self.partitions = await self._connect()
        except (errors.KafkaError, TimeoutError):
            raise
        except TRANSIENT as error:
            raise errors.KafkaConnectionError(str(error)) from error
        if not self.partitions:
            await self._find()

    def batch(self) -> PendingBatch:
        """Return a new, empty batch."""
        return PendingBatch(self._producer.create_batch())

    @property
    def flying(self) -> list[int]:
        """Partitions with a batch in flight, in order."""
        return sorted(self._flights)

    @property
    def landed(self) -> list[int]:
        """Partitions whose batch is acknowledged, but not yet waited for."""
        return [partition for partition in self.flying if self._flights[partition].acknowledged]

    async def send(self, partition: int, batch: PendingBatch) -> None:
        """Send a batch to a partition that has none in flight.

        Raises:
            NotDelivered: the delivery timeout passed.
            KafkaError: one of FATAL.
        """
        flight = self._flights[partition] = _Flight(batch)
        self._since = time.monotonic()
        try:
            await self._submit(partition, flight)
        except TRANSIENT as error:
            await self._replace(error)

    async def delivered(self, partition: int) -> int:
        """Wait until the partition's batch is acknowledged, and return its number of records.

        Raises:
            NotDelivered, KafkaError: as `send`.
        """
        flight = self._flights[partition]
        self._since = time.monotonic()
        while not flight.acknowledged:
            try:
                await self._acknowledgement(flight)
            except TRANSIENT as error:
                await self._replace(error)
        del self._flights[partition]
        self._end_outage()
        return len(flight.batch.records)

    async def close(self) -> None:
        """Close the producer, without waiting for batches in flight."""
        await self._drop()

    async def _connect(self) -> int:
        """Start a new producer, and return the topic's number of partitions; 0 where a broker does not know it."""
        self._producer = self._new_producer(**self._options)
        await self._producer.start()
        # Fetch all metadata: asking for one topic by name would create it.
        cluster = await self._producer.client.fetch_all_metadata()
        return len(cluster.partitions_for_topic(self._topic) or ())

    async def _find(self) -> None:
        # One broker did not know the topic: it may be new, or the broker may have just started.
        found = await find_topics(self._producer.client, (self._topic,))
        if found.denied:
            raise errors.TopicAuthorizationFailedError(self._topic)
        if self._topic not in found.partitions:
            raise ConfigError(f"the topic {self._topic} does not exist", "Run `alphapulse topics create`")
        self.partitions = found.partitions[self._topic]

    async def _submit(self, partition: int, flight: _Flight) -> None:
        async with asyncio.timeout(self._patience):
            flight.future = await self._producer.send_batch(flight.batch.take(), self._topic, partition=partition)
        flight.future.add_done_callback(_look)

    async def _acknowledgement(self, flight: _Flight) -> None:
        assert flight.future is not None
        patient_until = min(time.monotonic() + self._patience, self._deadline)
        while not flight.future.done():
            left = patient_until - time.monotonic()
            if left <= 0:
                raise TimeoutError("no acknowledgement")
            await asyncio.wait({flight.future}, timeout=min(left, SAY_AFTER) if self._outage is None else left)
            self._tell()
        if flight.future.cancelled():
            raise errors.KafkaConnectionError("the producer gave the batch up")
        flight.future.result()

    @property
    def _deadline(self) -> float:
        assert self._since is not None
        return self._since + self._timeout

    def _tell(self) -> None:
        since = self._deadline - self._timeout
        if self._outage is None and time.monotonic() >= since + SAY_AFTER:
            self._outage = since
            if self._on_wait is not None:
                self._on_wait(self._timeout)

    def _end_outage(self) -> None:
        began, self._outage = self._outage, None
        if began is not None and self._on_recovery is not None:
            self._on_recovery(time.monotonic() - began)

    async def _replace(self, failure: BaseException) -> None:
        """Start new producers until one accepts all batches in flight."""
        if isinstance(failure, FATAL):
            raise failure
        self._remember_brokers()
        tries = 0
        while True:
            await self._drop()
            pause = _BACKOFF[min(tries, len(_BACKOFF) - 1)]
            if time.monotonic() + pause >= self._deadline:
                raise NotDelivered from failure
            await asyncio.sleep(pause)
            tries += 1
            self._tell()
            try:
                async with asyncio.timeout(min(self._patience, self._deadline - time.monotonic())):
                    if await self._connect() < self.partitions:
                        raise errors.UnknownTopicOrPartitionError(self._topic)  # not known yet to a fresh broker
                    await self._submit_again()
                return
            except FATAL:
                raise
            except TRANSIENT as error:
                failure = error

    async def _submit_again(self) -> None:
        for partition, flight in sorted(self._flights.items()):
            if not flight.acknowledged:
                self.repeated += len(flight.batch.records)
                flight.batch.again(self._producer.create_batch())
                await self._submit(partition, flight)

    def _remember_brokers(self) -> None:
        # The servers in the settings may be the ones that are down.
        cluster = self._producer.client.cluster
        known = [f"[{b.host}]:{b.port}" if ":" in b.host else f"{b.host}:{b.port}" for b in cluster.brokers()]
        given = self._options.get("bootstrap_servers", "localhost")
        servers = given.split(",") if isinstance(given, str) else list(given)
        self._options = self._options | {"bootstrap_servers": [*servers, *(x for x in known if x not in servers)]}

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        if all(flight.acknowledged for flight in self._flights.values()):
            with contextlib.suppress(*TRANSIENT):
                async with asyncio.timeout(STOP_TIMEOUT):
                    await producer.stop()
            return
        # `stop` would flush without limit, and the old producer must write nothing after the new one has written.
        task = producer._sender.sender_task
        if task is not None:
            task.cancel()
        with contextlib.suppress(*TRANSIENT):
            async with asyncio.timeout(STOP_TIMEOUT):
                await producer.client.close()
        if task is not None:
            await asyncio.wait({task}, timeout=_CANCEL_TIMEOUT)
        producer._closed = True


def _look(future: asyncio.Future[Any]) -> None:
    # Retrieve the exception: nobody awaits the futures of a replaced producer.
    if not future.cancelled():
        future.exception()
