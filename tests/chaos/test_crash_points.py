"""F1: a worker killed at any step of its cycle; the next, or its neighbour, goes on, and the bytes are the same."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault, quick
from tests.chaos.cluster import Cluster, through
from tests.chaos.proxy import Api, Way
from tests.chaos.scene import load, scene, some_ticks
from tests.support.fleet import Fleet, WorkerProcess
from tests.support.oracle import PATIENCE, behind, proven, under_load
from tests.support.ticks import publish
from worker.stream.failpoints import POINTS, VARIABLE

pytestmark = [pytest.mark.kafka, fault("F1")]

TOTAL = 2_400
# Step → at which pass the worker is killed: in the middle, for a poll returns many batches.
STEPS = {
    "poll_returned": 1,
    "saving": 99,
    "begun": 9,
    "first_sent": 9,
    "acknowledged": 9,
    "offsets_sent": 9,
    "committed": 9,
}
RECOVERY = ("before_fence", "fenced", "offset_read", "restoring", "replaying")
ON_THE_WIRE = {"offsets_added": (Api.TXN_OFFSET_COMMIT, Way.REQUEST), "end_unanswered": (Api.END_TXN, Way.RESPONSE)}


async def killed(worker: WorkerProcess, seconds: float = PATIENCE) -> None:
    """Wait until the worker has killed itself at its point."""
    assert await worker.exit_code(seconds) == -signal.SIGKILL, worker.text


def crash(point: str, nth: int) -> dict[str, str]:
    return {VARIABLE: f"{point}:{nth}"}


def test_every_point_is_tried() -> None:
    assert {*STEPS, *RECOVERY, "revoked", "draining"} == set(POINTS)


@pytest.mark.parametrize("point", STEPS)
async def test_one_worker_at_a_step(cluster: Cluster, topic_prefix: str, tmp_path: Path, point: str) -> None:
    settings = await scene(cluster, topic_prefix)
    await publish(settings, some_ticks(TOTAL))
    async with Fleet(settings, tmp_path) as fleet:
        await killed(fleet.start("victim", **crash(point, STEPS[point])))
        await behind(fleet)
        fleet.start("next")
        await proven(fleet, TOTAL)


@pytest.mark.parametrize("point", [pytest.param(p, marks=quick if p == "committed" else ()) for p in STEPS])
async def test_two_workers_at_a_step(cluster: Cluster, topic_prefix: str, tmp_path: Path, point: str) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        heir, victim = fleet.start("heir"), fleet.start("victim", **crash(point, STEPS[point]))
        await heir.ready(partitions=2)
        publishing = load(settings)
        await killed(victim)
        await behind(fleet)
        await proven(fleet, await publishing.cut())


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("point", ON_THE_WIRE)
async def test_between_request_and_answer(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, point: str, workers: int
) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        victim = fleet.start("victim", **through(cluster.proxy))
        if workers == 2:
            fleet.start("heir")
        await victim.ready(partitions=4 // workers)
        rule = cluster.proxy.hold(*ON_THE_WIRE[point], skip=5)
        publishing = load(settings)
        await rule.caught_one(PATIENCE)
        victim.kill()
        await behind(fleet)
        if workers == 1:
            fleet.start("next")
        await proven(fleet, await publishing.cut())


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("point", RECOVERY)
async def test_while_taking_a_partition(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, point: str, workers: int
) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        before = await fleet.started("before")
        await publish(settings, some_ticks(800))
        await fleet.caught_up()
        if workers == 1:
            await fleet.stop()
        publishing = load(settings, after=800)
        await killed(fleet.start("victim", **crash(point, 2)))
        await behind(fleet)
        if workers == 1:
            fleet.start("next")
        else:
            assert before.running
        await proven(fleet, 800 + await publishing.cut())


@pytest.mark.parametrize("workers", [1, 2])
async def test_when_partitions_are_revoked(cluster: Cluster, topic_prefix: str, tmp_path: Path, workers: int) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        # The first pass is the first join, when nothing is held yet.
        victim = fleet.start("victim", **crash("revoked", workers))
        publishing = load(settings)
        if workers == 2:
            await under_load(fleet, publishing)
            fleet.start("heir")
        await killed(victim)
        await behind(fleet)
        if workers == 1:
            fleet.start("next")
        await proven(fleet, await publishing.cut())


@pytest.mark.parametrize("workers", [1, 2])
async def test_while_draining(cluster: Cluster, topic_prefix: str, tmp_path: Path, workers: int) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        victim = fleet.start("victim", **crash("draining", 1))
        if workers == 2:
            fleet.start("heir")
        await victim.ready(partitions=4 // workers)
        publishing = load(settings)
        await under_load(fleet, publishing)
        victim.send(signal.SIGTERM)
        await killed(victim)
        await behind(fleet)
        if workers == 1:
            fleet.start("next")
        await proven(fleet, await publishing.cut())
