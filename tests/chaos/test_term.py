"""F28: SIGTERM at any step of the cycle ends a worker with 0 in time; what it had begun is committed or left alone."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.chaos.scene import load, scene, some_ticks
from tests.support.fleet import Fleet
from tests.support.oracle import PATIENCE, behind, proven, under_load
from tests.support.ticks import publish
from worker.errors import Exit
from worker.stream.failpoints import POINTS, VARIABLE

pytestmark = [pytest.mark.kafka, fault("F28")]

HISTORY = 800
PASS = {"poll_returned": 2, "revoked": 1}  # the first revocation is the first join
AGAIN = "draining"  # by then it has been told already


@pytest.mark.parametrize("point", [point for point in POINTS if point != AGAIN])
async def test_told_to_end_at_a_step(cluster: Cluster, topic_prefix: str, tmp_path: Path, point: str) -> None:
    settings = await scene(cluster, topic_prefix)
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, tmp_path) as fleet:
        fleet.start("before")
        await fleet.caught_up()
        await fleet.stop()
        publishing = load(settings, after=HISTORY)
        worker = fleet.start("told", **{VARIABLE: f"{point}:{PASS.get(point, 3)}:SIGTERM"})
        assert await worker.exit_code(PATIENCE) == Exit.OK, worker.text
        assert "Traceback" not in worker.text
        assert worker.events("stopped"), worker.text
        await behind(fleet)
        fleet.start("next")
        await proven(fleet, HISTORY + await publishing.cut())


async def test_a_storm_of_signals_is_one_signal(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("stormed")
        publishing = load(settings)
        await under_load(fleet, publishing)
        begun = time.monotonic()
        for _ in range(20):
            worker.send(signal.SIGTERM)
        assert await worker.exit_code(PATIENCE) == Exit.OK, worker.text  # all of it within a second: one signal
        assert time.monotonic() - begun < settings.processing.shutdown_timeout_ms / 1000
        fleet.workers.remove(worker)
        await behind(fleet)
        fleet.start("next")
        await proven(fleet, await publishing.cut())
