"""F32 to F35, F42, F44: one of three brokers is killed, restarted or paused, in each of its roles."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.three import (
    GROUP,
    LEADER,
    PARTITIONS,
    TRANSACTIONS,
    another_leader,
    by_way_of,
    elsewhere,
    in_sync,
    load,
    three_scene,
    workers,
)
from tests.support.elections import controller
from tests.support.fleet import Fleet, until
from tests.support.netns import SplitCluster
from tests.support.oracle import PATIENCE, behind, right, under_load
from worker.stream.failpoints import VARIABLE

pytestmark = pytest.mark.kafka

WAYS = [("exactly_once", 1), ("exactly_once", 2), ("at_least_once", 2)]
WAY_IDS = ["exactly-1", "exactly-2", "least-2"]


@pytest.mark.parametrize(("guarantee", "number"), WAYS, ids=WAY_IDS)
@pytest.mark.parametrize(
    "role",
    [
        pytest.param("leader", marks=fault("F32")),
        pytest.param("group", marks=fault("F33")),
        pytest.param("controller", marks=fault("F35")),
    ],
)
async def test_a_broker_is_killed_under_load(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, role: str, guarantee: str, number: int
) -> None:
    settings = await three_scene(three, topic_prefix, guarantee=guarantee)
    victim = {"leader": LEADER, "group": GROUP}.get(role) or await controller(three[1])
    witness = three[next(n for n in (1, 2, 3) if n != victim)]
    async with Fleet(settings, tmp_path) as fleet:
        await workers(fleet, three, number)
        publishing = load(settings)
        await under_load(fleet, publishing)
        await asyncio.to_thread(three[victim].kill)
        if role == "leader":
            await another_leader(witness, settings.topics.input, LEADER)
        elif role == "group":
            await elsewhere(witness, settings.processing.group, GROUP)
        await behind(fleet)
        await asyncio.to_thread(three[victim].start)
        await right(fleet, await publishing.cut())


@fault("F34")
@pytest.mark.parametrize("number", [1, 2])
async def test_the_coordinator_of_the_transactions_is_killed_at_a_commit(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, number: int
) -> None:
    """The worker stands still when all is sent but the end of the transaction, which then goes to nobody."""
    settings = await three_scene(three, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        first = fleet.start("first", **by_way_of(three, LEADER), **{VARIABLE: "offsets_sent:15:SIGSTOP"})
        if number == 2:
            fleet.start("second", **by_way_of(three, LEADER))
        for worker in fleet.workers:
            await worker.ready(PARTITIONS // number)
        publishing = load(settings)

        async def stopped() -> bool:
            return first.stopped

        await until(stopped, PATIENCE, "the worker at its point")
        await asyncio.to_thread(three[TRANSACTIONS].kill)
        first.send(signal.SIGCONT)
        await behind(fleet)
        await asyncio.to_thread(three[TRANSACTIONS].start)
        await right(fleet, await publishing.cut())


@fault("F42")
@pytest.mark.parametrize(("guarantee", "number"), WAYS[1:], ids=WAY_IDS[1:])
async def test_brokers_restarted_one_after_the_other(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, guarantee: str, number: int
) -> None:
    settings = await three_scene(three, topic_prefix, guarantee=guarantee)
    async with Fleet(settings, tmp_path) as fleet:
        await workers(fleet, three, number)
        publishing = load(settings)
        await under_load(fleet, publishing)
        for node in three:
            await asyncio.to_thread(node.restart)
            await in_sync(three, [settings.topics.input, settings.state_topic])
        await behind(fleet)
        await right(fleet, await publishing.cut())


@fault("F44")
@pytest.mark.parametrize(
    ("role", "seconds"), [(LEADER, 5), (LEADER, 12), (LEADER, 40), (GROUP, 5), (GROUP, 12), (TRANSACTIONS, 12)]
)
async def test_a_broker_is_paused(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, role: int, seconds: int
) -> None:
    settings = await three_scene(three, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        await workers(fleet, three, 2)
        publishing = load(settings)
        await under_load(fleet, publishing)
        three[role].pause()
        await asyncio.sleep(seconds)  # the fault itself
        await behind(fleet)
        three[role].resume()
        await right(fleet, await publishing.cut())
