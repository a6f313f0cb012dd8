"""Small Kafka helpers for integration tests: create topics, fill a partition, read one to its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code
from aiokafka.structs import ConsumerRecord

from worker.kafka.asking.creation import until_known
from worker.kafka.seams.clients import client_of

# Replayed history must survive the retention check, whatever its timestamps.
KEEP_ALL = {"retention.ms": "-1"}


@dataclass(frozen=True)
class Record:
    """One committed record as it lies in the log; `timestamp` in epoch ms."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


async def create_topics(
    bootstrap: str, partitions: Mapping[str, int], configs: Mapping[str, str] | None = None, replicas: int = 1
) -> None:
    """Create topics (name → number of partitions) with unlimited retention unless `configs` says otherwise.

    Returns when all brokers know them.
    """
    settings = KEEP_ALL | dict(configs or {})
    topics = [NewTopic(name, count, replicas, topic_configs=settings) for name, count in partitions.items()]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics(topics)
        for topic in answer.to_object()["topic_errors"]:
            if topic["error_code"]:
                raise for_code(topic["error_code"])(f"{topic['topic']}: {topic['error_message']}")
        await until_known(client_of(admin), partitions)
    finally:
        await admin.close()


async def produce(
    bootstrap: str, topic: str, records: Iterable[tuple[int, bytes | None, bytes | None, int]]
) -> list[int]:
    """Write (partition, key, value, timestamp in epoch ms) in this order; returns the offsets that the broker gave."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        sent = [
            await producer.send(topic, value, key, partition=partition, timestamp_ms=timestamp)
            for partition, key, value, timestamp in records
        ]
        return [(await future).offset for future in sent]
    finally:
        await producer.stop()


async def read_partition(bootstrap: str, topic: str, partition: int) -> list[Record]:
    """All committed records of one partition, up to the last stable offset at the time of the call.

    What lies behind a transaction that is open at that time is not read.
    """
    at = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    try:
        consumer.assign([at])
        end = (await consumer.end_offsets([at]))[at]
        await consumer.seek_to_beginning(at)
        records: list[Record] = []
        # The position passes transaction markers, which are never returned.
        while await consumer.position(at) < end:
            batches = await consumer.getmany(at, timeout_ms=200)
            records += [_record(raw) for raw in batches.get(at, [])]
        return records
    finally:
        await consumer.stop()


def _record(raw: ConsumerRecord[bytes, bytes]) -> Record:
    return Record(raw.partition, raw.offset, raw.timestamp, raw.key, raw.value, tuple(raw.headers))
