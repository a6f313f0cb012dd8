"""F46 to F50: topics made anew, offsets that are gone or too far, state without its end, a foreign consumer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import confluent_kafka
import pytest
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from tests.chaos.catalogue import fault, quick
from tests.chaos.cluster import Cluster
from tests.chaos.lost_tail import state_without_its_tail
from tests.chaos.scene import PARTITIONS, load, scene, some_ticks
from tests.support.fleet import Fleet, until
from tests.support.kafka import create_topics
from tests.support.oracle import PATIENCE, behind, proven, under_load
from tests.support.ticks import publish
from worker.errors import Exit
from worker.kafka.topics import wanted
from worker.settings import Settings

pytestmark = pytest.mark.kafka

HISTORY, TOTAL = 800, 1_200
FOREIGN = 8.0  # seconds


async def made_anew(settings: Settings, topic: str) -> None:
    """Delete a topic and create it with the same name and settings."""
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers})
    for done in admin.delete_topics([topic]).values():
        done.result(20)

    async def gone() -> bool:
        return topic not in admin.list_topics(timeout=10).topics

    await until(gone, PATIENCE, f"{topic} deleted")
    await create_topics(settings.kafka.bootstrap_servers, {topic: PARTITIONS}, wanted(settings)[topic])

    async def there() -> bool:
        return topic in admin.list_topics(timeout=10).topics

    await until(there, PATIENCE, f"{topic} known again")


def named(settings: Settings, which: str) -> str:
    names = settings.topics
    return {"input": names.input, "output": names.output, "state": settings.state_topic}[which]


@fault("F46")
@pytest.mark.parametrize("which", ["input", "output", "state"])
async def test_a_topic_made_anew_under_a_worker_ends_it(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, which: str
) -> None:
    settings = await scene(cluster, topic_prefix)
    topic = named(settings, which)
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker")
        await fleet.caught_up()
        await made_anew(settings, topic)
        await publish(settings, some_ticks(TOTAL)[HISTORY:])
        assert await worker.exit_code(PATIENCE) == Exit.CONFIG, worker.text
        assert f"the topic {topic} " in worker.text, worker.text
        assert "Traceback" not in worker.text, worker.text


@fault("F46")
@quick
async def test_an_input_made_anew_between_two_workers_is_refused(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix)
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("before")
        await fleet.caught_up()
        await fleet.stop()
        await made_anew(settings, settings.topics.input)
        await publish(settings, some_ticks(TOTAL))
        worker = fleet.start("after")
        assert await worker.exit_code(PATIENCE) == Exit.CONFIG, worker.text
        assert f"the topic {settings.topics.input} was deleted and recreated" in worker.text, worker.text
        assert "processing.group" in worker.text


@fault("F46")
async def test_an_output_made_anew_between_two_workers_is_refused_until_it_is_accepted(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix)
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("before")
        await fleet.caught_up()
        await fleet.stop()
        await made_anew(settings, settings.topics.output)
        await publish(settings, some_ticks(TOTAL)[HISTORY:])
        for name in ("after", "again"):
            worker = fleet.start(name)
            assert await worker.exit_code(PATIENCE) == Exit.CONFIG, worker.text
            fleet.workers.remove(worker)
            assert f"the topic {settings.topics.output} was deleted and recreated" in worker.text, worker.text
            assert "topics.on_replaced" in worker.text
        await fleet.started("follows", ALPHAPULSE_TOPICS__ON_REPLACED="follow")
        await fleet.caught_up()
        await fleet.stop()


@fault("F46")
async def test_a_state_topic_made_anew_between_two_workers_is_rebuilt(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix)
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("before")
        await fleet.caught_up()
        await fleet.stop()
        await made_anew(settings, settings.state_topic)
        await publish(settings, some_ticks(TOTAL)[HISTORY:])
        await behind(fleet)
        after = fleet.start("after")
        await proven(fleet, TOTAL)
        assert after.events("the state topic was recreated"), after.text


@fault("F48")
async def test_a_state_partition_without_its_last_records_is_rebuilt(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    found, log = await state_without_its_tail(cluster, topic_prefix, tmp_path)
    assert found is None
    assert '"event":"the state topic has lost its last records"' in log, log


async def set_offsets(settings: Settings, offset: int) -> None:
    """By hand, without members."""
    tps = [confluent_kafka.TopicPartition(settings.topics.input, p, offset) for p in range(PARTITIONS)]
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers})
    wanted = [ConsumerGroupTopicPartitions(settings.processing.group, tps)]
    for done in admin.alter_consumer_group_offsets(wanted).values():
        await asyncio.to_thread(done.result, 20)


@fault("F49")
async def test_an_offset_beyond_the_input_is_told(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("before")
        await fleet.caught_up()
        await fleet.stop()
        await set_offsets(settings, 10 * HISTORY)
        worker = fleet.start("after")
        assert await worker.exit_code(PATIENCE) == Exit.DATA, worker.text
        assert f"has committed offset {10 * HISTORY} of {settings.topics.input} partition" in worker.text, worker.text
        assert "the offset was set by hand" in worker.text


def until_assigned(consumer: confluent_kafka.Consumer, seconds: float) -> bool:
    """Poll until partitions are assigned; whether any are."""
    for _ in range(int(seconds * 10)):
        consumer.poll(0.1)
        if consumer.assignment():
            return True
    return False


@fault("F50")
async def test_a_consumer_of_the_new_protocol_that_came_and_went(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    """It is given partitions that nobody processes meanwhile; when it has left all of the input is processed, once."""
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker")
        publishing = load(settings)
        await under_load(fleet, publishing)
        foreign = confluent_kafka.Consumer(
            {
                "bootstrap.servers": cluster.bootstrap,
                "group.id": settings.processing.group,
                "group.protocol": "consumer",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        try:
            foreign.subscribe([settings.topics.input])
            assert await asyncio.to_thread(until_assigned, foreign, 3 * FOREIGN), worker.text
            await asyncio.sleep(FOREIGN)  # the fault itself
        finally:
            await asyncio.to_thread(foreign.close)
        await behind(fleet)
        await proven(fleet, await publishing.cut())
