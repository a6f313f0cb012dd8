"""F2, F3, F4, F15: what can happen to the broker itself."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster, through
from tests.chaos.proxy import Api, Way
from tests.chaos.scene import load, scene, some_ticks
from tests.support.fleet import Fleet
from tests.support.oracle import PATIENCE, behind, proven, under_load
from tests.support.ticks import group_settings, make_topics, publish
from worker.broker import Broker

pytestmark = pytest.mark.kafka

TOTAL = 6_000
FROZEN = 7.0  # seconds: longer than a consumer's session, shorter than the broker's (docs/guarantees.md)
FEW = 4  # lines that the client library may write about a restart
DISK = 64 * 1024 * 1024


@fault("F2")
async def test_a_restart_in_peace(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    records = some_ticks(TOTAL)
    async with Fleet(settings, tmp_path) as fleet:
        for name in ("one", "two"):
            await fleet.started(name)
        await publish(settings, records)
        await behind(fleet, 100)
        await asyncio.to_thread(cluster.broker.restart)
        await behind(fleet)
        await proven(fleet, TOTAL)
    for worker in fleet.workers:
        told = [line for line in worker.lines if line["logger"].startswith("aiokafka")]
        assert {line["level"] for line in told} <= {"warning"}, worker.text
        assert len(told) <= FEW, worker.text


@fault("F3")
@pytest.mark.parametrize("way", Way)
async def test_kill_9_between_request_and_answer_of_a_commit(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, way: Way
) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker", **through(cluster.proxy))
        await publish(settings, some_ticks(TOTAL)[: TOTAL // 2])
        rule = cluster.proxy.hold(Api.END_TXN, way, skip=3)
        await rule.caught_one(PATIENCE)
        await asyncio.to_thread(cluster.broker.kill)
        cluster.proxy.reset()
        await asyncio.to_thread(cluster.broker.start)
        await publish(settings, some_ticks(TOTAL)[TOTAL // 2 :])
        await behind(fleet)
        await proven(fleet, TOTAL)


@fault("F4")
async def test_frozen_longer_than_a_session(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        for name in ("one", "two"):
            await fleet.started(name)
        publishing = load(settings)
        await under_load(fleet, publishing)
        cluster.broker.pause()
        await asyncio.sleep(FROZEN)  # the fault itself
        cluster.broker.resume()
        await proven(fleet, await publishing.cut())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that can be filled."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system to fill")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 65_536):
                continue
        except OSError:
            return ballast
    raise AssertionError("the disk did not fill")


@fault("F15")
async def test_a_full_disk_loses_nothing_that_was_acknowledged(
    small_disk: Path, topic_prefix: str, tmp_path: Path
) -> None:
    properties = {"log.segment.bytes": str(2 * 1024 * 1024), "log.index.size.max.bytes": "65536"}
    broker = Broker(home=small_disk / "broker", properties=properties)
    try:
        broker.start()
        settings = group_settings(broker.bootstrap, topic_prefix, max_batch_records=25)
        await make_topics(settings)
        async with Fleet(settings, tmp_path) as fleet:
            await fleet.started("worker")
            await publish(settings, some_ticks(TOTAL))
            await behind(fleet, 100)
            ballast = fill(small_disk)
            assert await asyncio.to_thread(broker.wait, 30), "the broker outlived a full disk"
            ballast.unlink()
            await asyncio.to_thread(broker.start)
            await behind(fleet)
            await proven(fleet, TOTAL)
    finally:
        broker.close()
