"""F5, F6: what the network can do between a worker and the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault, quick
from tests.chaos.cluster import Cluster, through
from tests.chaos.proxy import Api, Proxy, Way
from tests.chaos.scene import PARTITIONS, load, scene, some_ticks
from tests.chaos.stories import HASTY, answer_lost, cut_off, late_commit, outcome_unknown
from tests.support.fleet import Fleet
from tests.support.oracle import PATIENCE, behind, proven, under_load
from tests.support.ticks import publish

pytestmark = pytest.mark.kafka

TOTAL = 3_000
LOSSES = [
    (Api.PRODUCE, Way.REQUEST),
    (Api.PRODUCE, Way.RESPONSE),
    (Api.ADD_OFFSETS_TO_TXN, Way.RESPONSE),
    (Api.TXN_OFFSET_COMMIT, Way.RESPONSE),
    (Api.END_TXN, Way.REQUEST),
    (Api.END_TXN, Way.RESPONSE),
    (Api.FETCH, Way.RESPONSE),
]


@fault("F5")
@pytest.mark.parametrize(("api", "way"), LOSSES, ids=lambda it: it.name.lower())
async def test_a_lost_request_or_answer(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, api: Api, way: Way
) -> None:
    assert await answer_lost(cluster, topic_prefix, tmp_path, api, way) is None


@fault("F5")
@quick
async def test_a_commit_whose_answer_never_comes_is_looked_up(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    found, log = await outcome_unknown(cluster, topic_prefix, tmp_path)
    assert found is None
    assert '"event":"commit outcome unknown"' in log, log


def cut(proxy: Proxy) -> Callable[[], None]:
    proxy.refuse()
    return lambda: proxy.refuse(False)


def black_hole(proxy: Proxy) -> Callable[[], None]:
    proxy.freeze()
    return lambda: proxy.freeze(False)


@fault("F5")
@pytest.mark.parametrize("broken", [cut, black_hole])
async def test_a_link_that_is_down_until_hundreds_of_records_wait(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, broken: Callable[[Proxy], Callable[[], None]]
) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker", **through(cluster.proxy), **HASTY)
        publishing = load(settings)
        await under_load(fleet, publishing)
        mend = broken(cluster.proxy)
        await behind(fleet, 900)
        mend()
        await proven(fleet, await publishing.cut())


@fault("F5")
@pytest.mark.parametrize(("latency", "rate"), [(0.1, None), (0.0, 16_384.0)])
async def test_a_slow_or_thin_link(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, latency: float, rate: float | None
) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker", **through(cluster.proxy))
        cluster.proxy.slow(latency, rate)
        await publish(settings, some_ticks(600))
        await behind(fleet)
        await proven(fleet, 600)


@fault("F6", "F8")
async def test_a_worker_without_its_coordinator_is_fenced(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    found, log = await late_commit(cluster, topic_prefix, tmp_path)
    assert found is None
    assert '"event":"fenced"' in log, log


@fault("F6")
async def test_a_worker_comes_back_when_its_coordinator_does(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        lonely, heir = fleet.start("lonely", **through(cluster.proxy), **HASTY), fleet.start("heir")
        await asyncio.gather(lonely.ready(PARTITIONS // 2), heir.ready(PARTITIONS // 2))
        publishing = load(settings)
        await under_load(fleet, publishing)
        cut_off(cluster.proxy)
        await heir.ready(PARTITIONS, seconds=PATIENCE)
        cluster.proxy.reset()
        await asyncio.gather(lonely.ready(PARTITIONS // 2), heir.ready(PARTITIONS // 2))
        await behind(fleet)
        await proven(fleet, await publishing.cut())
