"""Reader of a whole topic, for a backtest."""

from __future__ import annotations

from collections.abc import Callable

from aiokafka import TopicPartition

from worker.errors import ConfigError
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Consumed, Reader
from worker.kafka.topics import describe
from worker.settings import KafkaSettings


async def read_topic(
    kafka: KafkaSettings, topic: str, start: int | None, stop: int | None, progress: Callable[[int], None]
) -> list[Consumed]:
    """Return the committed records of all partitions, one partition after the other.

    Reads the offsets `start` to `stop` (exclusive) of each; `progress` gets the number of records so far.

    Raises:
        ConfigError: the topic does not exist.
    """
    async with admin_client(kafka) as admin:
        found = await describe(admin, (topic,))
    if topic not in found:
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    records: list[Consumed] = []
    async with Reader(client_options(kafka)) as reader:
        for partition in range(found[topic].partitions):
            tp = TopicPartition(topic, partition)
            end = (await reader.bounds(tp))[1]
            async for batch in reader.batches(tp, start, end if stop is None else min(stop, end)):
                records += batch
                progress(len(records))
    return records
