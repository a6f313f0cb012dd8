"""Deterministic faults that tell a right worker from one with a broken rule; each returns what the oracle found."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.cluster import Cluster, through
from tests.chaos.proxy import Api, Proxy, Way
from tests.chaos.scene import PARTITIONS, load, scene, some_ticks
from tests.support.fleet import Fleet, until
from tests.support.oracle import PATIENCE, behind
from tests.support.outputs import assert_equal, expected, published, read_input
from tests.support.ticks import Publishing, publish
from worker.settings import Settings
from worker.stream.failpoints import VARIABLE

WORKER = ("worker",)
HASTY = {"ALPHAPULSE_KAFKA__REQUEST_TIMEOUT_MS": "2000"}
PATIENT = {"transaction_timeout_ms": 60_000}  # the held request must outlive a takeover
MEMBERSHIP = (Api.HEARTBEAT, Api.JOIN_GROUP, Api.SYNC_GROUP)


def difference(settings: Settings) -> str | None:
    """The first difference between what was published, as far as that can be read, and what must have been."""
    wanted = expected(settings, read_input(settings))
    try:
        assert_equal(published(settings), wanted)
    except AssertionError as error:
        return str(error)
    return None


async def ended(fleet: Fleet, publishing: Publishing, history: int = 0) -> str | None:
    """The oracle's verdict when the rest of the input is committed; `history` records were there before."""
    await behind(fleet)
    total = history + await publishing.cut()
    await fleet.caught_up()
    for worker in fleet.workers:
        worker.kill()
    assert sum(map(len, read_input(fleet.settings))) == total, "the input is not whole"
    return difference(fleet.settings)


def cut_off(proxy: Proxy) -> None:
    """No membership request gets through; everything else does."""
    for api in MEMBERSHIP:
        proxy.drop(api, Way.REQUEST)


async def moved(fleet: Fleet, since: Sequence[int]) -> None:
    """Wait until every partition's committed offset is past `since`."""

    async def holds() -> bool:
        return all(now > then for now, then in zip(await fleet.progress.committed(), since, strict=True))

    await until(holds, PATIENCE, "every partition committed further")


async def late_commit(
    cluster: Cluster, prefix: str, folder: Path, program: Sequence[str] = WORKER
) -> tuple[str | None, str]:
    """A worker cut off from the group commits after its partitions have moved on: (difference, its log)."""
    settings = await scene(cluster, prefix, **PATIENT)
    async with Fleet(settings, folder) as fleet:
        zombie, heir = fleet.start("zombie", program, **through(cluster.proxy)), fleet.start("heir", program)
        for worker in (zombie, heir):
            await worker.ready(partitions=PARTITIONS // 2)
        publishing = load(settings)
        ends = cluster.proxy.hold(Api.END_TXN, Way.REQUEST, skip=4)
        await ends.caught_one(PATIENCE)
        cut_off(cluster.proxy)
        await heir.ready(partitions=PARTITIONS, seconds=PATIENCE)
        await moved(fleet, await fleet.progress.committed())
        cluster.proxy.lift(ends)
        return await ended(fleet, publishing), zombie.text


async def commit_before_the_fence(
    cluster: Cluster, prefix: str, folder: Path, program: Sequence[str] = WORKER
) -> str | None:
    """The former owner's commit gets through after the heir has taken over in the group and before it fences."""
    settings = await scene(cluster, prefix, **PATIENT)
    async with Fleet(settings, folder) as fleet:
        former = fleet.start("former", program, **through(cluster.proxy))
        await former.ready(partitions=PARTITIONS)
        publishing = load(settings)
        ends = cluster.proxy.hold(Api.END_TXN, Way.REQUEST, skip=8)
        await ends.caught_one(PATIENCE)
        cut_off(cluster.proxy)
        fences = cluster.other.hold(Api.INIT_PRODUCER_ID, Way.REQUEST)
        fleet.start("heir", program, **through(cluster.other))
        await fences.caught_one(PATIENCE)
        before = await fleet.progress.committed()
        cluster.proxy.lift(ends)

        async def committed() -> bool:
            return await fleet.progress.committed() != before

        await until(committed, PATIENCE, "the former owner's commit")
        cluster.other.lift(fences)
        return await ended(fleet, publishing)


async def outcome_unknown(
    cluster: Cluster, prefix: str, folder: Path, program: Sequence[str] = WORKER
) -> tuple[str | None, str]:
    """The broker commits, and no answer ever comes: (difference, the worker's log)."""
    settings = await scene(cluster, prefix, transaction_timeout_ms=3_000)
    async with Fleet(settings, folder) as fleet:
        worker = fleet.start("worker", program, **through(cluster.proxy), **HASTY)
        await worker.ready(partitions=PARTITIONS)
        publishing = load(settings)
        answers = cluster.proxy.drop(Api.END_TXN, Way.RESPONSE, skip=8)
        await answers.caught_one(PATIENCE)
        # The worker asks again until its deadline, then begins with a new producer.
        begins = cluster.proxy.hold(Api.INIT_PRODUCER_ID, Way.REQUEST)
        await begins.caught_one(PATIENCE)
        cluster.proxy.lift(answers)
        cluster.proxy.lift(begins)
        return await ended(fleet, publishing), worker.text


async def answer_lost(cluster: Cluster, prefix: str, folder: Path, api: Api, way: Way) -> str | None:
    """One request or answer is lost on the way."""
    # Transactions of Kafka 4 have no such request: what is written to belongs to them.
    former = {"fast_path": False} if api is Api.ADD_OFFSETS_TO_TXN else {}
    settings = await scene(cluster, prefix, **former)
    async with Fleet(settings, folder) as fleet:
        await fleet.start("worker", **through(cluster.proxy), **HASTY).ready(partitions=PARTITIONS)
        publishing = load(settings)
        lost = cluster.proxy.drop(api, way, skip=8)
        await lost.caught_one(PATIENCE)
        cluster.proxy.lift(lost)
        return await ended(fleet, publishing)


async def crash_before_a_commit_with_snapshots(
    cluster: Cluster, prefix: str, folder: Path, program: Sequence[str] = WORKER
) -> tuple[str | None, str]:
    """Killed when all of a transaction is sent but its end: (difference, the next worker's log)."""
    total = 1_600
    settings = await scene(cluster, prefix)
    await publish(settings, some_ticks(total))
    async with Fleet(settings, folder) as fleet:
        victim = fleet.start("victim", program, **{VARIABLE: "offsets_sent:30"})
        assert await victim.exit_code(PATIENCE) == -signal.SIGKILL, victim.text
        heir = fleet.start("heir", program)
        await fleet.caught_up()
        heir.kill()
        assert sum(map(len, read_input(settings))) == total, "the input is not whole"
        return difference(settings), heir.text
