"""F41, F51, F52: answers that are errors or lack something, refused batches, and connections that are reset."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault, quick
from tests.chaos.cluster import Cluster, through
from tests.chaos.scene import load, scene
from tests.chaos.scripted import (
    LOADING,
    MOST_REQUESTS,
    MOVED,
    batches_refused,
    errors_without_topics,
    partition_left_out,
)
from tests.support.fleet import Fleet
from tests.support.oracle import behind, right, under_load

pytestmark = pytest.mark.kafka

MOST_BYTES = MOST_REQUESTS * 65_536
RESETS, PAUSE = 60, 0.15  # seconds


@fault("F51")
@pytest.mark.parametrize("code", [pytest.param(LOADING, marks=quick), MOVED])
async def test_an_error_without_topics_is_not_nothing(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, code: int
) -> None:
    assert await errors_without_topics(cluster, topic_prefix, tmp_path, code) is None


@fault("F51")
async def test_a_partition_that_is_left_out_is_not_committed(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    assert await partition_left_out(cluster, topic_prefix, tmp_path) is None


@fault("F41")
async def test_refused_batches_are_sent_again_with_pauses(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    requests, sent, found = await batches_refused(cluster, topic_prefix, tmp_path)
    assert 0 < requests < MOST_REQUESTS
    assert sent < MOST_BYTES
    assert found is None


@fault("F52")
@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
async def test_connections_reset_again_and_again(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, guarantee: str
) -> None:
    settings = await scene(cluster, topic_prefix, guarantee=guarantee)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker", **through(cluster.proxy))
        publishing = load(settings)
        await under_load(fleet, publishing)
        for _ in range(RESETS):
            cluster.proxy.reset_all()
            await asyncio.sleep(PAUSE)  # the fault itself
        await behind(fleet)
        await right(fleet, await publishing.cut())
