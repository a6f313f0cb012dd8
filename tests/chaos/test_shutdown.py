"""F31: a worker that is told to end ends in time, whatever the brokers do; 0 says that all was committed, else 75."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault, quick
from tests.chaos.cluster import Cluster, through
from tests.chaos.proxy import Api, Way
from tests.chaos.scene import load, scene, some_ticks
from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.oracle import PATIENCE, behind, proven, under_load
from tests.support.ticks import Publishing, publish
from worker.errors import Exit

pytestmark = [pytest.mark.kafka, fault("F31")]

STOPPED = 10.0  # seconds: long enough for every wait of the client library to have failed once
LIMIT = 8.0  # seconds, the deadline of the worker under test
HISTORY = 2_000
TWO = ("--processes", "2", "--ops-port", "0")
SENTENCE = "error: stopped before all was committed.\n  fix: "


class Stage:
    """A worker behind a proxy, on its way to the moment at which it is told to end."""

    def __init__(self, cluster: Cluster, fleet: Fleet, processes: int) -> None:
        self.cluster, self.fleet, self.processes = cluster, fleet, processes
        self.publishing: Publishing | None = None
        self.worker: WorkerProcess

    def start(self) -> None:
        """Start the worker."""
        arguments = TWO if self.processes == 2 else ()
        self.worker = self.fleet.start("told", arguments=arguments, **through(self.cluster.proxy))

    async def joined(self) -> None:
        """Wait until each of its processes has partitions and all of them are restored."""

        async def holds() -> bool:
            assert self.worker.running, self.worker.text
            owners = {line["worker_id"] for line in self.worker.events("assigned") if line["partitions"]}
            ready = {line["partition"] for line in self.worker.events("restored")}
            return len(owners) == self.processes and len(ready) == self.fleet.settings.topics.partitions

        await until(holds, PATIENCE, "joined")

    async def started(self) -> None:
        self.start()
        await self.joined()

    async def loaded(self) -> None:
        """Wait until it is in the middle of input."""
        await self.started()
        self.publishing = load(self.fleet.settings, after=HISTORY)
        await under_load(self.fleet, self.publishing)

    async def logged(self, *events: str) -> None:
        """Wait until its log has one of these lines."""

        async def holds() -> bool:
            return any(self.worker.events(event) for event in events)

        await until(holds, PATIENCE, f"{events} in the log")


async def idle(stage: Stage) -> None:
    await stage.started()
    await stage.fleet.caught_up()


async def busy(stage: Stage) -> None:
    await stage.loaded()


async def gone(stage: Stage) -> None:
    """The brokers refuse connections, and the worker has noticed."""
    await stage.loaded()
    stage.cluster.proxy.refuse()
    stage.cluster.proxy.cut()
    await stage.logged("commit outcome unknown", "cannot open", "membership lost")


async def idle_gone(stage: Stage) -> None:
    await idle(stage)
    stage.cluster.proxy.refuse()
    stage.cluster.proxy.cut()


async def silent(stage: Stage) -> None:
    """The brokers take bytes and answer nothing."""
    await stage.loaded()
    stage.cluster.proxy.freeze()


async def idle_silent(stage: Stage) -> None:
    await idle(stage)
    stage.cluster.proxy.freeze()


async def checking(stage: Stage) -> None:
    """Before it joins: the checks get no answer."""
    rule = stage.cluster.proxy.hold(Api.API_VERSIONS, Way.RESPONSE)
    stage.start()
    await rule.caught_one(PATIENCE)


async def joining(stage: Stage) -> None:
    """The group never answers its first join."""
    rule = stage.cluster.proxy.hold(Api.JOIN_GROUP, Way.RESPONSE)
    stage.start()
    await rule.caught_one(PATIENCE)


async def rebalancing(stage: Stage) -> None:
    """Another member has come, and the group never answers."""
    await stage.loaded()
    rule = stage.cluster.proxy.hold(Api.JOIN_GROUP, Way.RESPONSE)
    stage.fleet.start("other")
    await rule.caught_one(PATIENCE)


async def restoring(stage: Stage) -> None:
    """Each fetch of its state takes seconds."""
    stage.cluster.proxy.hold(Api.FETCH, Way.RESPONSE, skip=20)
    stage.start()
    await stage.logged("assigned")


Moment = Callable[[Stage], Awaitable[None]]
CERTAIN: dict[Moment, bool] = {
    # Whether all that was begun is committed for sure at this moment, so that the end must be 0.
    idle: True,
    busy: True,
    gone: False,
    idle_gone: True,
    silent: False,
    idle_silent: True,
    checking: True,
    joining: True,
    rebalancing: False,
    restoring: True,
}
# The group of a single process is that process.
WAYS = list(product((signal.SIGTERM, signal.SIGINT), ((1, False), (2, False), (2, True))))
QUICK = {
    (gone, signal.SIGTERM, 1, False),
    (idle_silent, signal.SIGTERM, 1, False),
    (busy, signal.SIGINT, 2, True),
}
CASES = [
    pytest.param(
        moment,
        number,
        processes,
        group,
        id=f"{moment.__name__}-{number.name}-{processes}-{'group' if group else 'process'}",
        marks=[quick] if (moment, number, processes, group) in QUICK else [],
    )
    for moment in CERTAIN
    for number, (processes, group) in WAYS
]


@pytest.mark.parametrize(("moment", "number", "processes", "group"), CASES)
async def test_told_to_end(
    cluster: Cluster,
    topic_prefix: str,
    tmp_path: Path,
    moment: Moment,
    number: signal.Signals,
    processes: int,
    group: bool,
) -> None:
    settings = await scene(cluster, topic_prefix, shutdown_timeout_ms=int(LIMIT * 1000))
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, tmp_path) as fleet:
        fleet.start("before")
        await fleet.caught_up()
        await fleet.stop()
        stage = Stage(cluster, fleet, processes)
        await moment(stage)
        worker = stage.worker
        begun = time.monotonic()
        worker.send(number, group)
        code = await worker.exit_code(PATIENCE)
        assert time.monotonic() - begun < LIMIT, worker.text
        assert code in ((Exit.OK,) if CERTAIN[moment] else (Exit.OK, Exit.TEMPORARY)), worker.text
        assert "Traceback" not in worker.text, worker.text
        assert not worker.events("a second signal: ended at once"), worker.text
        assert (SENTENCE in re.sub(r"\x1b\[\d*m", "", worker.text)) == (code == Exit.TEMPORARY), worker.text
        cluster.proxy.reset()
        fleet.workers.remove(worker)
        if stage.publishing:
            await behind(fleet)
        await fleet.started("next")
        await proven(fleet, HISTORY + (await stage.publishing.cut() if stage.publishing else 0))


@pytest.mark.parametrize("moment", [idle, busy])
async def test_told_to_end_when_the_broker_has_been_stopped_for_a_while(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, moment: Moment
) -> None:
    settings = await scene(cluster, topic_prefix, shutdown_timeout_ms=int(LIMIT * 1000))
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, tmp_path) as fleet:
        stage = Stage(cluster, fleet, processes=1)
        await moment(stage)
        published = HISTORY + (await stage.publishing.cut() if stage.publishing else 0)
        await asyncio.to_thread(cluster.broker.stop)
        await asyncio.sleep(STOPPED)  # the fault itself
        begun = time.monotonic()
        stage.worker.send(signal.SIGTERM)
        code = await stage.worker.exit_code(PATIENCE)
        assert time.monotonic() - begun < LIMIT, stage.worker.text
        assert code in ((Exit.OK,) if moment is idle else (Exit.OK, Exit.TEMPORARY)), stage.worker.text
        assert "Traceback" not in stage.worker.text, stage.worker.text
        await asyncio.to_thread(cluster.broker.start)
        fleet.workers.remove(stage.worker)
        await fleet.started("next")
        await proven(fleet, published)
