"""The oracle can fail: each broken rule of the cycle is found by the fault that the rule is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.catalogue import quick
from tests.chaos.cluster import Cluster
from tests.chaos.mutant import program
from tests.chaos.scene import scene, some_ticks
from tests.chaos.stories import (
    commit_before_the_fence,
    crash_before_a_commit_with_snapshots,
    difference,
    late_commit,
    outcome_unknown,
)
from tests.support.fleet import Fleet
from tests.support.ticks import alter_topic, publish

pytestmark = [pytest.mark.kafka, pytest.mark.mutation]


async def test_an_id_per_worker_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    found, _ = await late_commit(cluster, topic_prefix, tmp_path, program("id_per_worker"))
    assert found is not None


async def test_an_offset_read_before_the_fence_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    assert await commit_before_the_fence(cluster, topic_prefix, tmp_path, program("offset_before_fence")) is not None


@quick
async def test_sending_again_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    found, _ = await outcome_unknown(cluster, topic_prefix, tmp_path, program("sent_again"))
    assert found is not None


@quick
async def test_acknowledgements_not_awaited_are_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    await alter_topic(cluster.bootstrap, settings.topics.output, {"max.message.bytes": "900"})
    await publish(settings, some_ticks(400))
    async with Fleet(settings, tmp_path) as fleet:
        fleet.start("mutant", program("acknowledgements_not_awaited"))
        await fleet.caught_up()
    assert difference(settings) is not None


async def test_a_snapshot_before_its_commit_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    mutant = program("snapshot_before_commit_believed")
    found, _ = await crash_before_a_commit_with_snapshots(cluster, topic_prefix, tmp_path, mutant)
    assert found is not None
