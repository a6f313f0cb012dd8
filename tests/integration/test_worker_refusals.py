"""Where going on would lose records, the worker stops with one sentence; put right, the next worker completes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.fleet import Fleet, said
from tests.support.outputs import assert_equal, count, expected, published, read_input
from tests.support.strategies import with_step
from tests.support.ticks import (
    alter_topic,
    delete_before,
    group_settings,
    make_state_topic,
    make_topics,
    publish,
    ticks,
)
from worker.errors import Exit
from worker.operate.verify import check_group

pytestmark = pytest.mark.kafka


@fault("F14")
async def test_an_output_that_its_topic_refuses_is_not_lost(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix)
    await make_topics(settings, decisions={"max.message.bytes": "900"})
    await publish(settings, ticks(400, 20, 11))
    async with Fleet(settings, tmp_path) as fleet:
        worker = fleet.start("refused")
        assert await worker.exit_code(60) == Exit.DATA, worker.text
        assert f"{settings.topics.output} refuses an output record as too large" in said(worker)
        assert f"max.message.bytes of {settings.topics.output}" in said(worker)
        assert await fleet.progress.committed() == [0] * 4
        assert count(published(settings)) == 0, "nothing of the refused batches may be visible"
        await alter_topic(broker.bootstrap, settings.topics.output, {"max.message.bytes": "1048588"})
        await fleet.started("heir")
        fleet.workers.remove(worker)
        await fleet.caught_up()
        await fleet.stop()
    report = await check_group(settings)
    assert report.complete, report
    assert_equal(published(settings), expected(settings, read_input(settings)))


@fault("F14")
async def test_a_topic_limit_below_the_batch_size_makes_smaller_batches(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix)
    await make_topics(settings, decisions={"max.message.bytes": "8000"})
    await publish(settings, ticks(400, 20, 12))
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker")
        await fleet.caught_up()
        await fleet.stop()
    assert_equal(published(settings), expected(settings, read_input(settings)))


@fault("F16")
async def test_input_that_retention_took_is_told_and_not_skipped(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    records = ticks(600, 10, 13)
    await publish(settings, records[:200])
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("before")
        await fleet.caught_up()
        await fleet.stop()
        await publish(settings, records[200:])
        await delete_before(settings, settings.topics.input, 400)
        restored = fleet.start("restores")
        assert await restored.exit_code(60) == Exit.DATA, restored.text
        assert f"{settings.topics.input} partition 0 begins at offset 400" in said(restored)
        assert "retention.ms=-1" in said(restored)
        assert "another processing.group" in said(restored)
        assert await fleet.progress.committed() == [200]
    assert count(published(settings)) == 200
    anew = group_settings(broker.bootstrap, topic_prefix, partitions=1, group=f"{topic_prefix}-anew")
    await make_state_topic(anew)
    async with Fleet(anew, tmp_path) as fleet:
        await fleet.started("anew")
        await fleet.caught_up()
        await fleet.stop()
    report = await check_group(anew)
    assert report.complete, report
    assert report.partitions[0].inputs == 200


async def test_a_step_that_does_not_return_is_told(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(with_step("x = 1.0", "while x > 0.0 and c.bar.ts // 60_000 % 60 == 10:", "    x += 1.0"))
    given = {"strategy": {"file": str(file), "step_timeout_ms": 1_000}}
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1).model_copy(update={"engine": given})
    await make_topics(settings)
    await publish(settings, ticks(400, 20, 14))
    async with Fleet(settings, tmp_path) as fleet:
        worker = fleet.start("stuck")
        assert await worker.exit_code(120) == Exit.TEMPORARY, worker.text
        assert "step of the strategy own has not returned at SIM0" in said(worker)
        assert ":10:00Z, after 1 s of CPU time" in said(worker)
        [told] = worker.events("the strategy does not return: ended at once")
        assert told["symbol"].startswith("SIM0")
        file.write_text(with_step("x = 1.0"))
        await fleet.started("mended")
        fleet.workers.remove(worker)
        await fleet.caught_up()
        await fleet.stop()
    report = await check_group(settings)
    assert report.complete, report
