"""Damaged, lost, foreign and outdated state is noticed, and rebuilt where the input allows it."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.commands import command
from tests.support.fleet import Fleet, WorkerProcess, said
from tests.support.kafka import produce, read_partition
from tests.support.outputs import assert_equal, count, expected, published, read_input
from tests.support.ticks import alter_topic, delete_before, group_settings, grow_topics, make_topics, publish, ticks
from worker.errors import Exit
from worker.operate.verify import check_group
from worker.settings import Settings

pytestmark = pytest.mark.kafka

SYMBOLS = 20


async def one_life(fleet: Fleet, name: str, **extra: str) -> WorkerProcess:
    """A worker from its start to its drain at the end of the input."""
    worker = await fleet.started(name, **extra)
    await fleet.caught_up()
    await fleet.stop()
    return worker


async def damage_one(settings: Settings) -> None:
    """Write one snapshot again with a changed byte."""
    records = await read_partition(settings.kafka.bootstrap_servers, settings.state_topic, 0)
    record = next(r for r in records if r.key and not r.key.startswith(b"__"))
    assert record.value is not None
    broken = bytearray(record.value)
    broken[len(broken) // 2] ^= 1
    await produce(
        settings.kafka.bootstrap_servers, settings.state_topic, [(0, record.key, bytes(broken), record.timestamp)]
    )


@fault("F30")
async def test_damaged_and_lost_snapshots_are_rebuilt_from_the_input(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    records = ticks(1_200, SYMBOLS, 21)
    await publish(settings, records[:800])
    async with Fleet(settings, tmp_path) as fleet:
        await one_life(fleet, "first")
        (held,) = json.loads(command(settings, "state", "inspect", "--json").out)
        assert (held["symbols"], held["matching"], held["partitions"]) == (SYMBOLS, SYMBOLS, 1)
        assert (held["damaged"], held["lost"], held["unsaved"], held["committed"]) == (0, 0, 0, 800)

        await damage_one(settings)
        assert json.loads(command(settings, "state", "inspect", "--json").out)[0]["damaged"] == 1
        await publish(settings, records[800:1_000])
        second = await one_life(fleet, "second")
        (restored,) = second.events("state restored")
        assert (restored["damaged"], restored["snapshots"]) == (1, SYMBOLS)
        assert 0 < restored["replayed"] < 800 // SYMBOLS * 2
        assert len(second.events("snapshot refused")) == 1

        # The broker deletes records of no topic that is only compacted.
        await alter_topic(broker.bootstrap, settings.state_topic, {"cleanup.policy": "compact,delete"})
        await delete_before(settings, settings.state_topic)
        assert json.loads(command(settings, "state", "inspect", "--json").out)[0]["lost"] == SYMBOLS
        await publish(settings, records[1_000:])
        third = await one_life(fleet, "third")
        (restored,) = third.events("state restored")
        assert (restored["damaged"], restored["snapshots"], restored["replayed"]) == (SYMBOLS, 0, 1_000)
    assert_equal(published(settings), expected(settings, read_input(settings)))


@fault("F30")
async def test_lost_state_that_the_input_cannot_rebuild_stops_the_worker(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    records = ticks(600, SYMBOLS, 22)
    await publish(settings, records[:400])
    async with Fleet(settings, tmp_path) as fleet:
        await one_life(fleet, "first")
        await alter_topic(broker.bootstrap, settings.state_topic, {"cleanup.policy": "compact,delete"})
        await delete_before(settings, settings.state_topic)
        await delete_before(settings, settings.topics.input, 300)
        await publish(settings, records[400:])
        refused = fleet.start("refused")
        assert await refused.exit_code(60) == Exit.DATA, refused.text
        assert f"{SYMBOLS} lost or damaged snapshots" in said(refused)
        assert "state.on_loss=forget" in said(refused)
        assert count(published(settings)) == 400
        fleet.workers.remove(refused)
        forgets = await one_life(fleet, "forgets", ALPHAPULSE_STATE__ON_LOSS="forget")
        assert len(forgets.events("symbols restart with sequence 1")) == 1
    assert count(published(settings)) == 600


@fault("F16")
async def test_input_that_retention_took_is_skipped_only_when_told_to(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    records = ticks(600, SYMBOLS, 23)
    await publish(settings, records[:200])
    async with Fleet(settings, tmp_path) as fleet:
        await one_life(fleet, "first")
        await publish(settings, records[200:])
        await delete_before(settings, settings.topics.input, 400)
        refused = fleet.start("refused")
        assert await refused.exit_code(60) == Exit.DATA, refused.text
        assert "begins at offset 400" in said(refused)
        fleet.workers.remove(refused)
        skips = await one_life(fleet, "skips", ALPHAPULSE_PROCESSING__ON_GAP="skip")
        (gap,) = skips.events("input gap: the partition restarts with an empty state")
        assert (gap["needed"], gap["first"], gap["offset"]) == (200, 400, 400)
        again = await one_life(fleet, "again")
        (restored,) = again.events("state restored")
        assert (restored["replayed"], restored["damaged"]) == (0, 0)
    report = await check_group(settings)
    assert report.complete, report
    assert report.partitions[0].inputs == 200


@fault("F23")
async def test_changed_parameters_keep_sequence_and_position(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    records = ticks(3_000, SYMBOLS, 24)
    await publish(settings, records[:2_800])
    async with Fleet(settings, tmp_path) as fleet:
        await one_life(fleet, "before")
        before = [json.loads(line) for line in command(settings, "state", "export").out.splitlines()]
        assert len(before) == SYMBOLS
        assert all(state["carry"]["sequence"] > 100 for state in before)
        file = tmp_path / "states.npz"
        assert command(settings, "state", "export", "--npz", str(file)).code == Exit.OK
        with np.load(file) as arrays:
            assert arrays["symbols"].tolist() == [state["symbol"] for state in before]
            assert arrays["carry"]["sequence"].tolist() == [state["carry"]["sequence"] for state in before]
            assert arrays["current"].all()
        changed = await one_life(fleet, "changed", ALPHAPULSE_ENGINE__REGIME__ADX_ENTER="35")
        (restored,) = changed.events("state restored")
        assert (restored["warmed_again"], restored["replayed"], restored["damaged"]) == (SYMBOLS, 0, 0)
        await publish(settings, records[2_800:])
        await one_life(fleet, "goes on", ALPHAPULSE_ENGINE__REGIME__ADX_ENTER="35")
        one = before[0]["symbol"]
        (after,) = map(json.loads, command(settings, "state", "export", "--symbol", one).out.splitlines())
    report = await check_group(settings)
    assert report.complete, report
    assert after["fingerprint"] != before[0]["fingerprint"]
    assert after["carry"]["sequence"] - before[0]["carry"]["sequence"] == sum(
        record.key == one.encode() for record in records[2_800:]
    )


@fault("F17")
async def test_another_partition_count_is_refused(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    await publish(settings, ticks(100, SYMBOLS, 25))
    async with Fleet(settings, tmp_path) as fleet:
        await one_life(fleet, "first")
        await grow_topics(settings, 2)
        refused = fleet.start("refused")
        assert await refused.exit_code(60) == Exit.CONFIG, refused.text
        assert "has 2 partitions, but the group's state was made for 1" in said(refused)
        assert "another topics.prefix" in said(refused)
    assert count(published(settings)) == 100


async def test_state_of_a_running_group_is_not_removed(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("runs")
        done = command(settings, "state", "reset", "--yes")
        assert done.code == Exit.TEMPORARY
        assert "has 1 members" in done.err
        await fleet.stop()
    missing = command(settings, "state", "export", "--symbol", "nobody")
    assert missing.code == Exit.CONFIG
    assert "there is no snapshot of nobody" in missing.err


@fault("F16")
async def test_retention_that_overtakes_a_running_worker_is_skipped_when_told_to(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1, on_gap="skip")
    await make_topics(settings)
    records = ticks(600, SYMBOLS, 26)
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("runs")
        await publish(settings, records[:200])
        await fleet.caught_up()
        worker.send(signal.SIGSTOP)
        # The broker may still hold a fetch of the stopped worker: it is answered with these, not with all that follow.
        await publish(settings, records[200:210])
        await publish(settings, records[210:])
        await delete_before(settings, settings.topics.input, 500)
        worker.send(signal.SIGCONT)
        await fleet.caught_up()
        await fleet.stop()
        (gap,) = worker.events("input gap: the partition restarts with an empty state")
        assert (gap["first"], gap["offset"]) == (500, 500)
    report = await check_group(settings)
    assert report.complete, report
    assert report.partitions[0].inputs == 100
