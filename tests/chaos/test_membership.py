"""F7, F8, F29: members that come, go, freeze and bear the same name."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.chaos.scene import PARTITIONS, load, scene
from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.oracle import PATIENCE, behind, proven, under_load
from worker.errors import Exit
from worker.stream.failpoints import VARIABLE

pytestmark = pytest.mark.kafka

STORM = 5  # rounds, each with two joins and a leave at once


@fault("F7")
async def test_a_storm_of_rebalances(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    dice = random.Random(7)
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        members = [await fleet.started("first")]
        publishing = load(settings)
        for number in range(STORM):
            await under_load(fleet, publishing)
            leaver = dice.choice(members)
            joiners = [fleet.start(f"joins-{number}-{n}") for n in range(2)]
            leaver.send(signal.SIGTERM)
            members = [member for member in members if member is not leaver] + joiners
            assert await leaver.exit_code(PATIENCE) == Exit.OK, leaver.text
            if len(members) > 3:
                members.pop(dice.randrange(len(members))).kill()
            await asyncio.gather(*(joiner.ready() for joiner in joiners if joiner in members))
        await behind(fleet)
        await proven(fleet, await publishing.cut())


@fault("F8")
@pytest.mark.parametrize("point", ["poll_returned", "first_sent", "offsets_sent", "committed"])
async def test_a_zombie_frozen_at_a_step(cluster: Cluster, topic_prefix: str, tmp_path: Path, point: str) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        heir, zombie = fleet.start("heir"), fleet.start("zombie", **{VARIABLE: f"{point}:5:SIGSTOP"})
        await asyncio.gather(heir.ready(PARTITIONS // 2), zombie.ready(PARTITIONS // 2))
        publishing = load(settings)
        await heir.ready(PARTITIONS, seconds=PATIENCE)
        assert state(zombie) == "T", zombie.text
        await behind(fleet)
        zombie.send(signal.SIGCONT)
        await asyncio.gather(heir.ready(PARTITIONS // 2), zombie.ready(PARTITIONS // 2))
        await proven(fleet, await publishing.cut())


def state(worker: WorkerProcess) -> str:
    """The kernel's letter for what the process does; T is stopped."""
    return Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()[0]


@fault("F29")
async def test_of_two_with_one_name_one_ends_and_says_why(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix, group_instance_id="twin")
    async with Fleet(settings, tmp_path) as fleet:
        twins = [await fleet.started("older")]
        publishing = load(settings)
        await under_load(fleet, publishing)
        twins.append(fleet.start("younger"))

        async def one_ended() -> bool:
            return not all(twin.running for twin in twins)

        await until(one_ended, PATIENCE, "one of the twins ended")
        [loser] = [twin for twin in twins if not twin.running]
        assert loser.process.returncode == Exit.TEMPORARY, loser.text
        assert "group_instance_id 'twin'" in loser.text
        fleet.workers.remove(loser)
        await fleet.workers[0].ready(PARTITIONS)
        await behind(fleet)
        await proven(fleet, await publishing.cut())


@fault("F29")
async def test_the_same_name_again_within_the_session_disturbs_nobody(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix, session_timeout_ms=30_000)
    async with Fleet(settings, tmp_path) as fleet:
        name = "ALPHAPULSE_PROCESSING__GROUP_INSTANCE_ID"
        stays, goes = fleet.start("stays", **{name: "stays"}), fleet.start("goes", **{name: "goes"})
        await asyncio.gather(stays.ready(PARTITIONS // 2), goes.ready(PARTITIONS // 2))
        publishing = load(settings)
        await under_load(fleet, publishing)
        rebalances = await stays.metric("rebalances_total")
        goes.kill()
        again = await fleet.started("again", **{name: "goes"})
        await again.ready(PARTITIONS // 2)
        await behind(fleet)
        assert await stays.metric("rebalances_total") == rebalances
        await proven(fleet, await publishing.cut())
