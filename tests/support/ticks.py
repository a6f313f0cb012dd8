"""Settings, topics and ticks for tests that run workers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.errors import for_code
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from tests.support.kafka import create_topics
from worker.kafka.topics import wanted, wanted_by_operators
from worker.settings import KafkaSettings, ProcessingSettings, Settings, StateSettings, TopicSettings
from worker.sources.publisher import PublishSummary, publish_records
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records

SHORT = {"session_timeout_ms": 6_000, "heartbeat_interval_ms": 1_500}  # the broker allows no shorter session
# TEST_FAST_PATH=0 runs whatever starts a group by the client's public interface.
PATH = {} if os.environ.get("TEST_FAST_PATH", "1") == "1" else {"fast_path": False}
SPARE_BARS = 20  # gaps are among the faults


def group_settings(
    bootstrap: str, prefix: str, partitions: int = 4, state: Mapping[str, Any] | None = None, **processing: Any
) -> Settings:
    """Settings of a group and topics that are named after `prefix`, with a short session timeout."""
    return Settings(
        state=StateSettings(**(state or {})),
        kafka=KafkaSettings(bootstrap_servers=bootstrap),
        topics=TopicSettings(prefix=f"{prefix}.", partitions=partitions),
        processing=ProcessingSettings(**(SHORT | PATH | {"group": f"{prefix}-group"} | processing)),
    )


async def make_topics(settings: Settings, **configs: Mapping[str, str]) -> None:
    """Create the topics as `topics create` does; `configs` (by unprefixed name, dots as underscores) win over that."""
    for full, given in wanted(settings).items():
        name = full.removeprefix(settings.topics.prefix).replace(".", "_")
        name = "state" if full == settings.state_topic else name
        topic = {full: settings.topics.partitions}
        await create_topics(settings.kafka.bootstrap_servers, topic, given | dict(configs.get(name, {})))


async def make_audit_topic(settings: Settings) -> None:
    """Create the topic of operators' acts, as `topics create` does."""
    for name, config in wanted_by_operators(settings).items():
        await create_topics(settings.kafka.bootstrap_servers, {name: 1}, config)


async def make_state_topic(settings: Settings) -> None:
    """Create the state topic of one more group on existing topics."""
    name = settings.state_topic
    await create_topics(settings.kafka.bootstrap_servers, {name: settings.topics.partitions}, wanted(settings)[name])


async def alter_topic(bootstrap: str, topic: str, configs: Mapping[str, str]) -> None:
    """Change these settings of a topic, and no others: the older request would set all others to their defaults."""
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in configs.items()]
    admin = AdminClient({"bootstrap.servers": bootstrap})  # named: it must outlive its answers
    asked = admin.incremental_alter_configs(
        [ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)]
    )
    for answer in asked.values():
        await asyncio.to_thread(answer.result, 30)


async def delete_before(settings: Settings, topic: str, offset: int | None = None) -> int:
    """What retention does: partition 0 begins at `offset` (None: its end) from now on; returns that offset."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)
    await admin.start()
    try:
        at = TopicPartition(topic, 0)
        answer = await admin.delete_records({at: RecordsToDelete(before_offset=-1 if offset is None else offset)})
        return int(answer[at])
    finally:
        await admin.close()


async def recreate_topic(settings: Settings, topic: str) -> None:
    """Delete a topic, and create it with the same name and settings once it is gone."""
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers})
    await asyncio.to_thread(admin.delete_topics([topic])[topic].result, 20)
    while topic in admin.list_topics(timeout=10).topics:
        await asyncio.sleep(0.05)
    await create_topics(settings.kafka.bootstrap_servers, {topic: settings.topics.partitions}, wanted(settings)[topic])


async def delete_group(settings: Settings) -> None:
    """What a broker does by itself when a group was empty for `offsets.retention.minutes`."""
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers})
    done = admin.delete_consumer_groups([settings.processing.group], request_timeout=20)
    await asyncio.to_thread(done[settings.processing.group].result)


async def grow_topics(settings: Settings, partitions: int) -> None:
    """Give every topic of the group more partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)
    await admin.start()
    try:
        wanted_counts = {name: NewPartitions(partitions) for name in settings.worker_topics}
        answer: Any = await admin.create_partitions(wanted_counts)
    finally:
        await admin.close()
    for _, code, message in answer.topic_errors:
        if code:
            raise for_code(code)(message)


def ticks(count: int, symbols: int, seed: int, fault_rate: float = 0.02) -> list[Record]:
    """`count` simulated ticks, some of them faulty."""
    bars = -(-count // symbols) + SPARE_BARS
    simulation = Simulation(symbols=symbols, bars=bars, seed=seed, fault_rate=fault_rate)
    return list(islice(simulated_records(simulation), count))


class Publishing:
    """Publishes in the background at a rate; `left` says how many records are still to come."""

    def __init__(self, settings: Settings, records: list[Record], rate: float | None) -> None:
        self._settings, self._records = settings, records
        self._done = 0
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(publish(settings, records, rate, self._progress, self._stop))

    def _progress(self, done: int) -> None:
        self._done = done

    @property
    def left(self) -> int:
        """Records that the broker has not acknowledged yet."""
        return len(self._records) - self._done

    async def finish(self) -> None:
        """Publish the rest as fast as it goes."""
        self._stop.set()
        done = (await self._task).records
        await publish(self._settings, self._records[done:])
        self._done = len(self._records)

    async def wait(self) -> None:
        """Wait for the rest at its rate."""
        await self._task

    async def cut(self) -> int:
        """End the input here; returns how many records it has."""
        assert self.left > 0, "the input ended before the faults"
        self._stop.set()
        return (await self._task).records


async def publish(
    settings: Settings,
    records: Iterable[Record],
    rate: float | None = None,
    on_progress: Callable[[int], None] | None = None,
    stop: asyncio.Event | None = None,
) -> PublishSummary:
    """Publish to the input topic."""
    options = {"bootstrap_servers": settings.kafka.bootstrap_servers}
    return await publish_records(options, settings.topics.input, records, rate, on_progress, stop)
