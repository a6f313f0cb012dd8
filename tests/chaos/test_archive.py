"""F70–F72: members of the archive killed at each step, frozen, and moved about; every record stays one row."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from pathlib import Path

import pytest

from tests.chaos.archive import PART, PATIENCE, dies, fill, frozen_in_a_commit
from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.support.archived import archive_settings, archived, make_topics, member, outcomes, proven, write
from tests.support.commands import command
from tests.support.fleet import Fleet
from worker.settings import Settings
from worker.stream.failpoints import VARIABLE

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "5"))
# In the order in which a member passes them, and at which pass it dies.
POINTS = {
    "archive_loading": 1,
    "archive_loaded": 2,
    "archive_taken": 1,
    "archive_appending": 1,
    "archive_unreadable_kept": 1,
    "archive_committing": 2,
    "archive_committed": 1,
    "archive_offsets": 1,
}
TIDYING = ("archive_compacting", "archive_sorting", "archive_rewritten")
FROZEN = ("archive_appending", "archive_committing", "archive_committed")
MOVES, CALM = 8, 2.0


def verified(settings: Settings) -> None:
    """What the command says about the archive."""
    called = command(settings, "archive", "verify", "--json")
    assert called.code == 0, called
    assert json.loads(called.out)["ok"]


@fault("F70")
async def test_members_are_killed_at_each_step(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = archive_settings(cluster.bootstrap, topic_prefix, tmp_path / "lake", commit_interval_ms=100)
    await make_topics(settings)
    tidying = {"ALPHAPULSE_ARCHIVE__COMPACT_INTERVAL_S": "1", "ALPHAPULSE_ARCHIVE__SORT_INTERVAL_S": "86400"}
    async with Fleet(settings, tmp_path) as fleet:
        for number, (point, nth) in enumerate(POINTS.items()):
            doomed = member(fleet, point, **{VARIABLE: f"{point}:{nth}"})
            await fill(settings, number)
            await dies(doomed)
            fleet.workers.remove(doomed)
        for point in TIDYING:
            doomed = member(fleet, point, **tidying, **{VARIABLE: f"{point}:1"})
            await dies(doomed)
            fleet.workers.remove(doomed)
        last = member(fleet, "last", **tidying)
        await last.ready()  # all may be archived before it has begun
        await archived(settings, PATIENCE)
        last.send(signal.SIGTERM)
        assert await last.exit_code(30) == 0, last.text
    assert await proven(settings) > PART * len(POINTS) / 2
    verified(settings)


@fault("F71")
@pytest.mark.parametrize("point", FROZEN)
async def test_one_that_was_frozen_adds_nothing(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, point: str
) -> None:
    settings = archive_settings(cluster.bootstrap, topic_prefix, tmp_path / "lake")
    await make_topics(settings)
    await frozen_in_a_commit(settings, tmp_path, point)
    verified(settings)


@fault("F72")
async def test_members_come_and_go(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    settings = archive_settings(cluster.bootstrap, topic_prefix, tmp_path / "lake", commit_interval_ms=200)
    await make_topics(settings)
    async with Fleet(settings, tmp_path) as fleet:
        members = [member(fleet, "first")]
        for move in range(MOVES):
            writing = asyncio.create_task(write(settings, outcomes(8, 400)[move * 300 : move * 300 + 300], move * 300))
            await asyncio.sleep(dice.uniform(0, CALM))  # the fault comes at any moment
            if len(members) > 2 or (len(members) > 1 and dice.random() < 0.5):
                gone = members.pop(dice.randrange(len(members)))
                gone.send(signal.SIGTERM)
                assert await gone.exit_code(30) == 0, gone.text
                fleet.workers.remove(gone)
            else:
                members.append(member(fleet, f"member-{move}"))
            await writing
        await archived(settings, PATIENCE)
        await fleet.stop()
    print(f"TEST_SEED={SEED}: {await proven(settings)} rows")
    verified(settings)
