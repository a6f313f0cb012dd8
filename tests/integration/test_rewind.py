"""A group whose offsets are gone or set back is not begun anew beside its own state and outputs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.fleet import Fleet, environment, said
from tests.support.outputs import assert_equal, count, expected, published, read_input
from tests.support.ticks import delete_group, group_settings, make_topics, publish, ticks
from worker.errors import Exit
from worker.settings import Settings
from worker.stream import asking
from worker.stream.preflight import admin_client
from worker.stream.protocol.offsets import Position
from worker.stream.seams.clients import client_of

pytestmark = pytest.mark.kafka

FIRST, ALL = 600, 900


async def set_back(settings: Settings) -> None:
    """As by hand: an earlier offset, and no text of ours."""
    async with admin_client(settings.kafka) as admin:
        positions = {TopicPartition(settings.topics.input, 0): Position(100)}
        await asking.set_positions(client_of(admin), settings.processing.group, positions)


@fault("F47")
# At least once an offset that was set back repeats what lies behind it, as it may.
@pytest.mark.parametrize(
    ("lose", "guarantee"), [(delete_group, "exactly_once"), (delete_group, "at_least_once"), (set_back, "exactly_once")]
)
async def test_a_worker_stops_and_names_the_offset_that_brings_the_group_back(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path, lose: object, guarantee: str
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1, guarantee=guarantee)
    await make_topics(settings)
    records = ticks(ALL, 20, 22)
    await publish(settings, records[:FIRST])
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("first")
        await fleet.caught_up()
        await fleet.stop()
        await lose(settings)  # type: ignore[operator]
        await publish(settings, records[FIRST:])

        refused = fleet.start("refused")
        assert await refused.exit_code(60) == Exit.DATA, refused.text
        fleet.workers.remove(refused)
        told = said(refused)
        assert f"has come to {FIRST}" in told
        assert "alphapulse state offsets" in told

        shown = _command(settings, "offsets", "--json", "--yes")
        assert json.loads(shown.stdout.splitlines()[0])[0]["next"] == FIRST, shown.stderr
        await fleet.started("second")
        await fleet.caught_up()
        await fleet.stop()
        assert_equal(published(settings), expected(settings, read_input(settings)))
        assert count(published(settings)) == ALL


@fault("F47")
async def test_who_wants_it_decides_everything_again(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    await publish(settings, ticks(FIRST, 20, 23))
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("first")
        await fleet.caught_up()
        await fleet.stop()
        await delete_group(settings)
        again = await fleet.started("again", ALPHAPULSE_STATE__ON_REWIND="follow")
        await fleet.caught_up()
        await fleet.stop()
        assert again.events("records are decided again")
        assert count(published(settings)) == 2 * FIRST


def _command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "worker", "state", *arguments],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
