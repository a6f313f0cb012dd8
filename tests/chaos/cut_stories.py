"""A broker that is cut off from the others and goes on answering clients, with what was true before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.chaos.mutant import program
from tests.chaos.stories import difference
from tests.chaos.three import (
    GROUP,
    LEADER,
    PARTITIONS,
    Places,
    another_leader,
    any_moved,
    by_way_of,
    elsewhere,
    load,
    moved,
    offsets_now,
    order,
    three_scene,
)
from tests.chaos.unsure import LOSE
from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.netns import SplitCluster
from tests.support.oracle import PATIENCE, behind, under_load
from tests.support.outputs import read_input
from worker.settings import Settings

# Longer than the cut: what the group remembers of a member that a new coordinator has never heard of.
SESSION: dict[str, Any] = {"session_timeout_ms": 45_000, "rebalance_timeout_ms": 60_000}
FURTHER = 30  # offsets of each partition that are committed behind the back of the broker that is cut off
UNSURE = "answers_lost_on_signal"


def openings(worker: WorkerProcess, partition: int) -> int:
    """How often the worker has opened a partition."""
    return sum(line["partition"] == partition for line in worker.events("restored"))


async def settled(fleet: Fleet, total: int) -> str | None:
    """What the oracle finds when all of the input is committed and the workers have ended."""
    await fleet.caught_up(2 * PATIENCE)
    for worker in fleet.workers:
        worker.kill()
    assert sum(map(len, read_input(fleet.settings))) == total, "the input is not whole"
    return difference(fleet.settings)


async def coordinator_cut_off(
    three: SplitCluster, prefix: str, folder: Path, mutations: Sequence[str] = ()
) -> tuple[str | None, str]:
    """Commits reach the group's new coordinator, heartbeats the old one; then the outcome of a commit is unknown, and
    the old one, asked first, tells an old offset: (difference, the worker's log)."""
    settings = await three_scene(three, prefix, **SESSION)
    far = three[LEADER]
    async with Fleet(settings, folder) as fleet:
        worker = fleet.start("worker", program(UNSURE, *mutations), **by_way_of(three, GROUP))
        await worker.ready(PARTITIONS)
        publishing = load(settings)
        await under_load(fleet, publishing)
        three.cut(GROUP)
        await elsewhere(far, settings.processing.group, GROUP)
        # One partition is enough: another's transaction may wait for its marks until the cut is noticed there, too.
        partition = await any_moved(far, settings, three, await offsets_now(far, settings, three), FURTHER)
        opened = openings(worker, partition)
        worker.send(LOSE)

        async def opened_again() -> bool:
            return openings(worker, partition) > opened

        await until(opened_again, PATIENCE, f"partition {partition} opened again")
        await any_moved(far, settings, three, await offsets_now(far, settings, three))
        three.heal()
        await behind(fleet)
        total = await publishing.cut()
        return await settled(fleet, total), worker.text


def cut_places(node: int) -> Places:
    """The group's state is led by this node, all else by others."""
    others = [n for n in order(node) if n != node]
    return Places(logs=others[0], state=node, group=others[1], transactions=others[0])


async def state_moves_on(three: SplitCluster, settings: Settings, node: int) -> None:
    """Wait until the others have another leader for the state, and until more is committed than the cut one knows."""
    far = three[next(n for n in (1, 2, 3) if n != node)]
    await another_leader(far, settings.state_topic, node)
    await moved(far, settings, three, await offsets_now(far, settings, three), FURTHER)
