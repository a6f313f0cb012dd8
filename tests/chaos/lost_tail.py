"""A state partition that has lost its last records: older snapshots of the same symbols are there, and look sound."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.chaos.broken_logs import cut_tail
from tests.chaos.cluster import Cluster
from tests.chaos.scene import PARTITIONS, scene, some_ticks
from tests.chaos.stories import WORKER, difference
from tests.support.fleet import Fleet
from tests.support.oracle import behind
from tests.support.outputs import read_input
from tests.support.ticks import publish

HISTORY, TOTAL = 1_600, 2_400
LOST = 0.3  # of the batches


async def state_without_its_tail(
    cluster: Cluster, prefix: str, folder: Path, program: tuple[str, ...] = WORKER
) -> tuple[str | None, str]:
    """(difference, the log of the worker that takes over)."""
    settings = await scene(cluster, prefix)
    await publish(settings, some_ticks(HISTORY))
    async with Fleet(settings, folder) as fleet:
        former = fleet.start("former", program)
        await fleet.caught_up()
        former.kill()
        await asyncio.to_thread(cluster.broker.kill)
        for partition in range(PARTITIONS):
            cut_tail(cluster.broker, settings.state_topic, partition, LOST)
        await asyncio.to_thread(cluster.broker.start)
        await publish(settings, some_ticks(TOTAL)[HISTORY:])
        await behind(fleet)
        heir = fleet.start("heir", program)
        await fleet.caught_up()
        heir.kill()
        assert sum(map(len, read_input(settings))) == TOTAL, "the input is not whole"
        return difference(settings), heir.text
