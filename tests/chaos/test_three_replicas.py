"""F40, F41, F43, F45: too few brokers or replicas, leaders that wander, and an election that loses records."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.scene import some_ticks
from tests.chaos.three import (
    LEADER,
    PARTITIONS,
    by_way_of,
    in_sync,
    load,
    three_scene,
    workers,
)
from tests.support.elections import Election, elect, elect_preferred, move_leader, reassign
from tests.support.fleet import Fleet
from tests.support.netns import CLIENTS, SplitCluster
from tests.support.nodes import answered, replicas
from tests.support.oracle import PATIENCE, behind, right, under_load
from tests.support.ticks import alter_topic, publish
from worker.errors import Exit

pytestmark = pytest.mark.kafka

QUORUM_LOST = 20.0  # seconds
SHORT_OF_REPLICAS = 10.0  # seconds
MOVES = 12
MOST_BYTES = 8 * 1024 * 1024  # sent to the leader in that time; retries without a pause would be 50 MB a second


@fault("F40")
@pytest.mark.parametrize(("guarantee", "number"), [("exactly_once", 1), ("exactly_once", 2), ("at_least_once", 2)])
async def test_no_quorum_for_a_while(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, guarantee: str, number: int
) -> None:
    settings = await three_scene(three, topic_prefix, guarantee=guarantee)
    async with Fleet(settings, tmp_path) as fleet:
        await workers(fleet, three, number)
        publishing = load(settings)
        await under_load(fleet, publishing)
        for node in (2, 3):
            await asyncio.to_thread(three[node].kill)
        await asyncio.sleep(QUORUM_LOST)  # the fault itself
        await asyncio.to_thread(three.start)
        await behind(fleet, seconds=2 * PATIENCE)
        await right(fleet, await publishing.cut())


def received(three: SplitCluster, node: int) -> int:
    """Bytes that clients have sent to a node."""
    (link,) = json.loads(three.network.space(node).ip("-json", "-stats", "link", "show", CLIENTS))
    return int(link["stats64"]["rx"]["bytes"])


@fault("F41")
async def test_too_few_replicas_in_sync(three: SplitCluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await three_scene(three, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        await workers(fleet, three, 2)
        publishing = load(settings)
        await under_load(fleet, publishing)
        await alter_topic(three.bootstrap, settings.topics.output, {"min.insync.replicas": "3"})
        await asyncio.to_thread(three[3].kill)

        async def fewer() -> bool:
            return all(len(r.in_sync) == 2 for r in (await replicas(three[1], settings.topics.output)).values())

        await answered(fewer, "two replicas in sync", PATIENCE)
        before = received(three, LEADER)
        await asyncio.sleep(SHORT_OF_REPLICAS)  # the fault itself
        assert received(three, LEADER) - before < MOST_BYTES
        await behind(fleet)
        await asyncio.to_thread(three[3].start)
        await right(fleet, await publishing.cut())


@fault("F43")
@pytest.mark.parametrize(("guarantee", "number"), [("exactly_once", 2), ("at_least_once", 2)])
async def test_leaders_that_move_each_second(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, guarantee: str, number: int
) -> None:
    settings = await three_scene(three, topic_prefix, guarantee=guarantee)
    moving = (settings.topics.input, settings.topics.output, settings.state_topic)
    async with Fleet(settings, tmp_path) as fleet:
        await workers(fleet, three, number)
        publishing = load(settings)
        await under_load(fleet, publishing)
        for move in range(MOVES):
            for topic in moving:
                await move_leader(three, topic, move % PARTITIONS, 1 + (move + 1) % 3)
            await asyncio.sleep(1 / len(moving))  # the fault itself
        await behind(fleet)
        await right(fleet, await publishing.cut())


@fault("F45")
@pytest.mark.parametrize("running", [True, False], ids=["running", "started-later"])
async def test_an_election_that_loses_decided_input_is_told(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, running: bool
) -> None:
    """The follower of partition 0 is away while records come; then the leader is, and the follower leads."""
    settings = await three_scene(three, topic_prefix)
    topic = settings.topics.input
    follower, leader = 2, 3
    await reassign(three[1], topic, {p: [leader, follower] for p in range(PARTITIONS)})
    await alter_topic(three.bootstrap, topic, {"min.insync.replicas": "1"})
    await elect_preferred(three[1], [topic])

    async def placed() -> bool:
        seen = [await replicas(node, topic) for node in three]
        return all(r.leader == leader and r.all == {2, 3} == r.in_sync for view in seen for r in view.values())

    await answered(placed, "the input on two nodes", PATIENCE)
    async with Fleet(settings, tmp_path) as fleet:
        worker = fleet.start("worker", **by_way_of(three, 1))
        await publish(settings, some_ticks(600))
        await fleet.caught_up()
        await asyncio.to_thread(three[follower].kill)

        async def alone() -> bool:
            return all(r.in_sync == {leader} for r in (await replicas(three[1], topic)).values())

        await answered(alone, "the leader alone", PATIENCE)
        await publish(settings, some_ticks(900)[600:])
        await fleet.caught_up()
        if not running:
            worker.kill()
        await asyncio.to_thread(three[leader].kill)
        await asyncio.to_thread(three[follower].start)

        async def lost() -> bool:
            await elect(three[1], {topic: range(PARTITIONS)}, Election.UNCLEAN)
            return all(r.leader == follower for r in (await replicas(three[1], topic)).values())

        await answered(lost, "the follower leads", PATIENCE)
        await asyncio.to_thread(three[leader].start)
        await in_sync(three, [topic])
        if not running:
            worker = fleet.start("later", **by_way_of(three, 1))
        # What comes now takes the places of what is lost.
        await publish(settings, some_ticks(930)[900:])
        assert await worker.exit_code(PATIENCE) == Exit.DATA, worker.text
        assert "the cluster has lost records" in worker.text, worker.text
        assert topic in worker.text
