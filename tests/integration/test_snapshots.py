"""State that is restored from snapshots gives the same bytes as state that never left memory."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.fleet import Fleet
from tests.support.oracle import under_load
from tests.support.outputs import assert_equal, expected, published, read_input, without_repeats
from tests.support.ticks import Publishing, group_settings, make_topics, publish, ticks
from worker.operate.verify import check_group

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "7"))
OFTEN = {"save_records": 7, "save_offsets": 300, "idle_flush_ms": 200}
NEVER = {"save_records": 10**9, "save_offsets": 10**9, "idle_flush_ms": 10**9, "drain_flush_ms": 0}


async def test_a_restart_replays_only_what_was_unsaved(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    records = ticks(4_000, 50, SEED)
    await publish(settings, records[:3_000])
    async with Fleet(settings, tmp_path) as fleet:
        first = await fleet.started("first")
        await fleet.caught_up()
        await fleet.stop()
        assert first.events("state restored") == []
        await publish(settings, records[3_000:])
        second = await fleet.started("second")
        await fleet.caught_up()
        (restored,) = second.events("state restored")
        assert (restored["snapshots"], restored["symbols"], restored["replayed"]) == (50, 50, 0)
        second.send(signal.SIGTERM)
        await second.exit_code(20)
    assert_equal(published(settings), expected(settings, read_input(settings)))


@pytest.mark.parametrize("guarantee", ["exactly_once", pytest.param("at_least_once", marks=pytest.mark.variant)])
async def test_killed_again_and_again_with_snapshots_all_the_time(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path, guarantee: str
) -> None:
    total = 6_000
    settings = group_settings(
        broker.bootstrap,
        topic_prefix,
        partitions=2,
        state=OFTEN,
        guarantee=guarantee,
        max_batch_records=60,
        commit_interval_ms=100,
        group_instance_id="only",
    )
    await make_topics(settings)
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker0")
        records = ticks(total, 100, SEED)
        await publish(settings, records[:2_000])
        await fleet.caught_up()
        publishing = Publishing(settings, records[2_000:], rate=150)
        for number in range(1, 4):
            await under_load(fleet, publishing)
            worker.kill()
            worker = await fleet.started(f"worker{number}")
            for restored in worker.events("state restored"):
                assert restored["snapshots"] > 0, restored
                assert restored["replayed"] <= 300 + 60, restored
        await publishing.finish()
        await fleet.caught_up()
        await fleet.stop()
    report = await check_group(settings)
    assert report.complete, report
    found = published(settings)
    assert_equal(
        without_repeats(found) if guarantee == "at_least_once" else found, expected(settings, read_input(settings))
    )
