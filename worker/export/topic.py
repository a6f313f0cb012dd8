"""A reader of the committed decisions or rejections of a topic, up to its present end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from worker.errors import ConfigError, DataError
from worker.export.batches import Decode, Item, decoder
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.seams import start_consumer, stop_consumer
from worker.kafka.topics import describe
from worker.settings import KafkaSettings

POLL_MS = 250
AHEAD_MS = 3_600_000  # the most that a bar may lie ahead of its record's timestamp (clock_tolerance_ms)


async def read_topic(kafka: KafkaSettings, topic: str, rejected: bool, since: int | None = None) -> AsyncIterator[Item]:
    """Yield records by partition, in order of offsets; `since` (epoch ms) lets older ones be left out.

    Raises:
        ConfigError: the topic does not exist.
        DataError: a record is not of this kind.
    """
    async with admin_client(kafka) as admin:
        found = await describe(admin, (topic,))
    if topic not in found:
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    decode = decoder(rejected)
    consumer = AIOKafkaConsumer(**client_options(kafka), group_id=None, isolation_level="read_committed")
    await start_consumer(consumer)
    try:
        for number in range(found[topic].partitions):
            tp = TopicPartition(topic, number)
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            # A rejected bar may claim any time, so only decisions can be sought by it.
            await _seek(consumer, tp, end, None if rejected else since)
            while await consumer.position(tp) < end:
                for record in (await consumer.getmany(tp, timeout_ms=POLL_MS)).get(tp, ()):
                    if record.offset < end:
                        yield _decode(decode, record.value, f"{topic}, partition {number}, offset {record.offset}")
    finally:
        await stop_consumer(consumer)


async def _seek(consumer: AIOKafkaConsumer, tp: TopicPartition, end: int, since: int | None) -> None:
    start = (await consumer.beginning_offsets([tp]))[tp]
    if since is not None:
        found = (await consumer.offsets_for_times({tp: max(since - AHEAD_MS, 0)}))[tp]
        start = end if found is None else found.offset
    consumer.seek(tp, start)


def _decode(decode: Decode, value: bytes | None, where: str) -> Item:
    try:
        return decode(value or b"")
    except msgspec.MsgspecError as problem:
        raise DataError(f"{where} is none of ours: {problem}", "Give the topic of decisions or rejections") from None
