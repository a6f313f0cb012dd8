"""Stories of the archive that end in a proof, or in what is wrong with its tables."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

from tests.support.archived import archived, member, outcomes, proven, write
from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.kafka import produce
from worker.settings import Settings
from worker.stream.failpoints import VARIABLE

PATIENCE = 90.0
PART = 150  # outcomes of a round
BROKEN = b"no record"
TS = 1_700_000_000_000


async def fill(settings: Settings, number: int) -> None:
    """Write the records of a round: outcomes, and two that can't be read."""
    begin = number * PART
    await write(settings, outcomes(8, 400)[begin : begin + PART], begin)
    topic = settings.topics.output
    await produce(settings.kafka.bootstrap_servers, topic, [(1, b"k", BROKEN, TS), (2, b"k", None, TS)])


async def dies(worker: WorkerProcess) -> None:
    """Wait for its SIGKILL."""

    async def dead() -> bool:
        return not worker.running

    await until(dead, PATIENCE, f"{worker.name} dies")
    assert worker.process.returncode == -signal.SIGKILL, worker.text


async def stands_still(worker: WorkerProcess) -> bool:
    return worker.stopped


async def frozen_in_a_commit(settings: Settings, folder: Path, point: str) -> None:
    """A member freezes itself at a point; its heir archives all, and then it wakes.

    Raises:
        AssertionError: a row is missing, or is there twice.
    """
    async with Fleet(settings, folder) as fleet:
        zombie = member(fleet, f"zombie-{point}", **{VARIABLE: f"{point}:1:SIGSTOP"})
        await zombie.ready()
        await fill(settings, 0)
        await until(partial(stands_still, zombie), PATIENCE, f"{zombie.name} at its point")
        member(fleet, "heir")
        await archived(settings, PATIENCE)
        await fill(settings, 1)
        await archived(settings, PATIENCE)
        zombie.send(signal.SIGCONT)
        await until(partial(_back, zombie), PATIENCE, f"{zombie.name} in the group again")
        await fill(settings, 2)
        await archived(settings, PATIENCE)
        await fleet.stop()
    await proven(settings)


async def _back(worker: WorkerProcess) -> bool:
    return not worker.running or len(worker.events("assigned")) > 1
