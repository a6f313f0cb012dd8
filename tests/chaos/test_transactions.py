"""F9, F10: transactions that run out, and those of the dead."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault, quick
from tests.chaos.cluster import Cluster, through
from tests.chaos.proxy import Api, Way
from tests.chaos.scene import PARTITIONS, load, scene
from tests.chaos.stories import commit_before_the_fence
from tests.support.fleet import Fleet, until
from tests.support.oracle import PATIENCE, behind, no_open_transaction, proven
from tests.support.transactions import open_transactions
from worker.errors import Exit

pytestmark = pytest.mark.kafka

TOTAL = 4_800


@fault("F9")
async def test_a_transaction_that_the_broker_ended_is_begun_again(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix, transaction_timeout_ms=2_000)
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker", **through(cluster.proxy))
        publishing = load(settings)
        rule = cluster.proxy.hold(Api.END_TXN, Way.REQUEST, skip=6)
        await rule.caught_one(PATIENCE)
        worker.send(signal.SIGSTOP)  # else its own deadline, which is as long, would end it first
        await no_open_transaction(fleet, seconds=15)
        worker.send(signal.SIGCONT)
        cluster.proxy.lift(rule)
        await behind(fleet)
        await proven(fleet, await publishing.cut())


@fault("F9")
@quick
async def test_a_timeout_beyond_the_brokers_limit_is_told(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix, transaction_timeout_ms=900_000)
    async with Fleet(settings, tmp_path) as fleet:
        worker = fleet.start("worker")
        assert await worker.exit_code(PATIENCE) == Exit.CONFIG, worker.text
        assert "transaction_timeout_ms" in worker.text
        assert "transaction.max.timeout.ms" in worker.text


@fault("F10")
async def test_the_heir_ends_the_dead_workers_transaction(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    # The transaction's own timeout is far away: only fencing can end it within the test.
    settings = await scene(cluster, topic_prefix, transaction_timeout_ms=500_000)
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker", **through(cluster.proxy))
        publishing = load(settings)
        rule = cluster.proxy.hold(Api.END_TXN, Way.REQUEST, skip=6)
        await rule.caught_one(PATIENCE)
        worker.kill()
        prefix = f"{settings.processing.group}-"

        async def several() -> bool:
            return len(await asyncio.to_thread(open_transactions, cluster.bootstrap, prefix)) > 0

        await until(several, PATIENCE, "a transaction of the dead worker")
        heir = fleet.start("heir")
        await heir.ready(PARTITIONS, seconds=PATIENCE)
        await behind(fleet)
        await proven(fleet, await publishing.cut())


@fault("F10")
async def test_a_commit_between_assignment_and_fence_is_not_repeated(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    assert await commit_before_the_fence(cluster, topic_prefix, tmp_path) is None
