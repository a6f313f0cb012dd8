"""A group whose offsets are gone or were set by hand goes on where its own state and outputs show it to be."""

from __future__ import annotations

import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.commands import command
from tests.support.fleet import Fleet, said
from tests.support.outputs import assert_equal, count, expected, published, read_input
from tests.support.ticks import delete_group, group_settings, make_topics, publish, ticks
from worker.errors import Exit
from worker.kafka import asking
from worker.kafka.preflight import admin_client
from worker.kafka.protocol.offsets import Position
from worker.kafka.seams.clients import client_of
from worker.settings import Settings
from worker.stream.failpoints import VARIABLE

pytestmark = pytest.mark.kafka

FIRST, ALL = 600, 900


async def set_by_hand(settings: Settings, offset: int) -> None:
    """Without a text of ours."""
    async with admin_client(settings.kafka) as admin:
        positions = {TopicPartition(settings.topics.input, 0): Position(offset)}
        await asking.set_positions(client_of(admin), settings.processing.group, positions)


async def set_back(settings: Settings) -> None:
    await set_by_hand(settings, 100)


async def set_ahead(settings: Settings) -> None:
    await set_by_hand(settings, FIRST + 200)


async def set_far_ahead(settings: Settings) -> None:
    await set_by_hand(settings, 10 * ALL)


WRONG: dict[Callable[[Settings], Awaitable[None]], str] = {
    delete_group: "past_offset",
    set_back: "past_offset",
    set_ahead: "lost",
    set_far_ahead: "beyond_end",
}


VARIANT = pytest.mark.variant
CASES = [
    pytest.param(delete_group, "exactly_once"),
    pytest.param(set_back, "at_least_once"),
    pytest.param(set_ahead, "exactly_once"),
    pytest.param(set_far_ahead, "at_least_once"),
    pytest.param(delete_group, "at_least_once", marks=VARIANT),
    pytest.param(set_back, "exactly_once", marks=VARIANT),
    pytest.param(set_ahead, "at_least_once", marks=VARIANT),
    pytest.param(set_far_ahead, "exactly_once", marks=VARIANT),
]


@fault("F47")
@pytest.mark.parametrize(("lose", "guarantee"), CASES)
async def test_a_worker_stops_and_names_the_offset_that_brings_the_group_back(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path, lose: Callable[[Settings], Awaitable[None]], guarantee: str
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1, guarantee=guarantee)
    await make_topics(settings)
    records = ticks(ALL, 20, 22)
    await publish(settings, records[:FIRST])
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("first")
        await fleet.caught_up()
        await fleet.stop()
        await lose(settings)
        await publish(settings, records[FIRST:])

        verified = command(settings, "verify", "--json")
        (found,) = json.loads(verified.out)["partitions"]
        if guarantee == "exactly_once" or lose in (set_ahead, set_far_ahead):
            assert verified.code == Exit.DATA
            assert found["counts"][WRONG[lose]] > 0
        else:
            assert found["published"] > 0

        refused = fleet.start("refused")
        assert await refused.exit_code(60) == Exit.DATA, refused.text
        fleet.workers.remove(refused)
        told = said(refused)
        assert lose is set_far_ahead or f"has reached {FIRST}" in told
        assert "alphapulse state offsets" in told
        assert "Unclosed" not in refused.text

        shown = command(settings, "state", "offsets", "--json", "--yes")
        assert json.loads(shown.out.splitlines()[0])[0]["next"] == FIRST, shown.err
        await fleet.started("second")
        await fleet.caught_up()
        await fleet.stop()
        assert_equal(published(settings), expected(settings, read_input(settings)))
        assert count(published(settings)) == ALL
        assert command(settings, "verify").code == Exit.OK


@fault("F47")
async def test_a_refusal_of_all_partitions_leaves_nothing_open(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=8)
    await make_topics(settings)
    await publish(settings, ticks(FIRST, 60, 24))
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("first")
        await fleet.caught_up()
        await fleet.stop()
        await delete_group(settings)
        refused = fleet.start("refused")
        assert await refused.exit_code(60) == Exit.DATA, refused.text
        fleet.workers.remove(refused)
        said(refused)
        assert "Unclosed" not in refused.text
        assert [line for line in refused.lines if line["level"] == "error"] == []


async def test_at_least_once_a_crash_before_the_first_commit_is_no_loss_of_offsets(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(
        broker.bootstrap, topic_prefix, 1, {"save_records": 1}, guarantee="at_least_once", max_batch_records=25
    )
    await make_topics(settings)
    await publish(settings, ticks(FIRST, 20, 25, fault_rate=0.0))
    async with Fleet(settings, tmp_path) as fleet:
        # The barrier, the first decisions, and what is saved with them: the decisions are acknowledged by then.
        victim = fleet.start("victim", **{VARIABLE: "first_sent:3"})
        assert await victim.exit_code(60) == -signal.SIGKILL, victim.text
        fleet.workers.remove(victim)
        assert count(published(settings)) > 0
        await fleet.started("next")
        await fleet.caught_up()
        await fleet.stop()
        assert command(settings, "verify").code == Exit.OK


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
