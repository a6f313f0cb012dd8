"""F17, F30: the state topic damaged in every way, and an input whose partitions multiply."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewPartitions

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.chaos.mutant import program
from tests.chaos.scene import PARTITIONS, load, scene, some_ticks
from tests.chaos.stories import crash_before_a_commit_with_snapshots
from tests.support.fleet import Fleet, until
from tests.support.oracle import PATIENCE, behind, proven, right, under_load
from tests.support.outputs import read_topic
from tests.support.ticks import make_state_topic, publish
from worker.errors import Exit
from worker.kafka.reader import Consumed
from worker.settings import Settings

pytestmark = pytest.mark.kafka

HISTORY, TOTAL = 1_200, 1_800


def snapshots(settings: Settings) -> list[Consumed]:
    """The newest snapshot of every symbol."""
    records = read_topic(settings.kafka.bootstrap_servers, settings.state_topic, PARTITIONS)
    newest = {(r.partition, r.key): r for partition in records for r in partition if r.key and r.key[:2] != b"__"}
    return list(newest.values())


def write(settings: Settings, records: list[Consumed]) -> None:
    """Append these to the state topic."""
    producer = confluent_kafka.Producer({"bootstrap.servers": settings.kafka.bootstrap_servers})
    for record in records:
        producer.produce(settings.state_topic, record.value, record.key, record.partition)
    assert producer.flush(20) == 0


async def flipped(settings: Settings) -> None:
    """One bit of every third snapshot."""
    write(settings, [replace(r, value=_flip(r.value or b"")) for r in snapshots(settings)[::3]])


def _flip(value: bytes) -> bytes:
    middle = len(value) // 2
    return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]


async def cut_short(settings: Settings) -> None:
    """Every third snapshot without its end."""
    write(settings, [replace(r, value=(r.value or b"")[:-7]) for r in snapshots(settings)[::3]])


async def compacted_away(settings: Settings) -> None:
    """Every third snapshot deleted."""
    write(settings, [replace(r, value=None) for r in snapshots(settings)[::3]])


async def exchanged(settings: Settings) -> None:
    """Snapshots under the keys of others."""
    records = snapshots(settings)
    pairs = [(a, b) for a, b in pairwise(records) if a.partition == b.partition]
    write(settings, [replace(a, value=b.value) for a, b in pairs[::3]])


async def emptied(settings: Settings) -> None:
    """The whole topic made anew."""
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers})
    for done in admin.delete_topics([settings.state_topic]).values():
        done.result(20)

    async def gone() -> bool:
        return settings.state_topic not in admin.list_topics(timeout=10).topics

    await until(gone, PATIENCE, "the state topic deleted")
    await make_state_topic(settings)


@fault("F30")
@pytest.mark.parametrize("damage", [flipped, cut_short, compacted_away, exchanged, emptied])
async def test_damaged_snapshots_are_rebuilt_from_the_input(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, damage: Callable[[Settings], Awaitable[None]]
) -> None:
    settings = await scene(cluster, topic_prefix)
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, tmp_path) as fleet:
        fleet.start("before")
        await fleet.caught_up()
        await fleet.stop(PATIENCE)
        assert len(snapshots(settings)) > 20
        await damage(settings)
        await publish(settings, some_ticks(TOTAL)[HISTORY:])
        await behind(fleet)
        heir = fleet.start("heir")
        await proven(fleet, TOTAL)
        assert heir.events("rebuilding from the input"), heir.text


@fault("F30")
async def test_a_snapshot_of_what_was_never_committed_is_refused(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    mutant = program("snapshot_before_commit")
    found, log = await crash_before_a_commit_with_snapshots(cluster, topic_prefix, tmp_path, mutant)
    assert found is None
    assert '"event":"snapshot refused"' in log, log


@fault("F53")
async def test_late_snapshots_of_a_former_owner_are_brought_up_to_date(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix, guarantee="at_least_once")
    async with Fleet(settings, tmp_path) as fleet:
        for reached, name in ((HISTORY // 2, "former"), (HISTORY, "owner")):
            await publish(settings, some_ticks(reached)[reached - HISTORY // 2 :])
            fleet.start(name)
            await fleet.caught_up()
            await fleet.stop(PATIENCE)
            if name == "former":
                late = snapshots(settings)
        write(settings, late)  # as from a connection that was frozen
        await publish(settings, some_ticks(TOTAL)[HISTORY:])
        heir = fleet.start("heir")
        await right(fleet, TOTAL)
        (restored,) = heir.events("a former owner has written snapshots late: replaying what they lack")[:1]
        assert restored["snapshots"] > 5, heir.text


def grow(settings: Settings, count: int) -> None:
    """More partitions on all topics of the worker."""
    wanted = [NewPartitions(topic, count) for topic in settings.worker_topics]
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers})
    for done in admin.create_partitions(wanted).values():
        done.result(20)


@fault("F17")
async def test_more_partitions_under_a_running_worker(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        running = await fleet.started("running")
        publishing = load(settings)
        await under_load(fleet, publishing)
        await publishing.cut()  # else the publisher would use the new ones
        await asyncio.to_thread(grow, settings, 2 * PARTITIONS)
        # It sees them when it next refreshes its metadata.
        assert await running.exit_code(PATIENCE) == Exit.CONFIG, running.text
        assert f"has {2 * PARTITIONS} partitions" in running.text
        restarted = fleet.start("restarted")
        assert await restarted.exit_code(PATIENCE) == Exit.CONFIG, restarted.text
        assert f"made for {PARTITIONS}" in restarted.text
        assert "Create a new input topic" in restarted.text
