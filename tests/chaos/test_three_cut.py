"""F36 to F39: one of three brokers is cut off, from the others, from the clients, or from one other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.cut_stories import SESSION, coordinator_cut_off, cut_places, state_moves_on
from tests.chaos.three import (
    GROUP,
    LEADER,
    PARTITIONS,
    TRANSACTIONS,
    Places,
    by_way_of,
    elsewhere,
    load,
    moved,
    offsets_now,
    three_scene,
    workers,
)
from tests.support.fleet import Fleet
from tests.support.netns import SplitCluster
from tests.support.oracle import PATIENCE, behind, right, under_load

pytestmark = pytest.mark.kafka

STATE = 3  # leads the state topic where nothing else is its
LONG = 15.0  # seconds


@fault("F36")
async def test_an_old_coordinator_is_not_believed(three: SplitCluster, topic_prefix: str, tmp_path: Path) -> None:
    found, log = await coordinator_cut_off(three, topic_prefix, tmp_path)
    assert found is None
    assert '"event":"commit outcome unknown"' in log, log


@fault("F36")
@pytest.mark.parametrize(("guarantee", "number"), [("exactly_once", 2), ("at_least_once", 1), ("at_least_once", 2)])
async def test_a_worker_begins_while_the_coordinator_is_cut_off(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, guarantee: str, number: int
) -> None:
    """The one that it asks first is the one that is cut off."""
    settings = await three_scene(three, topic_prefix, guarantee=guarantee, **SESSION)
    far = three[LEADER]
    async with Fleet(settings, tmp_path) as fleet:
        first, *_ = await workers(fleet, three, number, GROUP)
        publishing = load(settings)
        await under_load(fleet, publishing)
        three.cut(GROUP)
        await elsewhere(far, settings.processing.group, GROUP)
        first.kill()
        fleet.workers.remove(first)
        fleet.start("heir", **by_way_of(three, GROUP))
        await asyncio.sleep(LONG)  # the fault itself: how far anybody comes meanwhile is not promised
        three.heal()
        await behind(fleet)
        await right(fleet, await publishing.cut())


@fault("F36")
async def test_the_coordinator_of_the_transactions_is_cut_off(
    three: SplitCluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await three_scene(three, topic_prefix)
    far = three[LEADER]
    async with Fleet(settings, tmp_path) as fleet:
        await workers(fleet, three, 2, TRANSACTIONS)
        publishing = load(settings)
        await under_load(fleet, publishing)
        before = await offsets_now(far, settings, three)
        three.cut(TRANSACTIONS)
        await moved(far, settings, three, before, by=300)  # the others do its work
        three.heal()
        await behind(fleet)
        await right(fleet, await publishing.cut())


@fault("F37")
@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
async def test_a_partition_is_opened_while_its_old_state_leader_answers_first(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, guarantee: str
) -> None:
    settings = await three_scene(three, topic_prefix, cut_places(STATE), guarantee=guarantee)
    far = three[LEADER]
    async with Fleet(settings, tmp_path) as fleet:
        (first,) = await workers(fleet, three, 1, STATE)
        publishing = load(settings)
        await under_load(fleet, publishing)
        three.cut(STATE)
        await state_moves_on(three, settings, STATE)
        first.kill()
        fleet.workers.remove(first)
        before = await offsets_now(far, settings, three)
        heir = fleet.start("heir", **by_way_of(three, STATE))
        await moved(far, settings, three, before, by=20)
        assert len(heir.events("restored")) >= PARTITIONS, heir.text
        three.heal()
        await behind(fleet)
        await right(fleet, await publishing.cut())


@fault("F38")
@pytest.mark.parametrize("node", [LEADER, GROUP, TRANSACTIONS], ids=["leader", "group", "transactions"])
async def test_clients_cut_off_from_a_broker_that_the_others_see(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, node: int
) -> None:
    """Nobody elects another: the work waits."""
    settings = await three_scene(three, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        await workers(fleet, three, 2)
        publishing = load(settings)
        await under_load(fleet, publishing)
        three.cut_clients(node)
        await asyncio.sleep(LONG)  # the fault itself
        three.heal()
        await behind(fleet)
        await right(fleet, await publishing.cut())


@fault("F39")
@pytest.mark.parametrize(("guarantee", "number"), [("exactly_once", 2), ("at_least_once", 1)])
async def test_two_brokers_cut_off_from_each_other_only(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, guarantee: str, number: int
) -> None:
    settings = await three_scene(three, topic_prefix, Places(group=GROUP), guarantee=guarantee)
    async with Fleet(settings, tmp_path) as fleet:
        await workers(fleet, three, number)
        publishing = load(settings)
        await under_load(fleet, publishing)
        three.cut_between(LEADER, GROUP)
        await asyncio.sleep(LONG)  # the fault itself
        three.heal()
        await behind(fleet, seconds=2 * PATIENCE)
        await right(fleet, await publishing.cut())
