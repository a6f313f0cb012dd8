"""A worker that holds few of its symbols' states in memory writes the bytes that it would write with all of them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.fleet import Fleet, WorkerProcess
from tests.support.outputs import assert_equal, expected, published, read_input
from tests.support.ticks import Publishing, group_settings, make_topics, publish, ticks
from worker.operate.verify import check_group
from worker.settings import Settings

pytestmark = pytest.mark.kafka

SYMBOLS, RESIDENT, PARTITIONS = 400, 50, 2


def settings_of(broker: Bootstrap, prefix: str, folder: Path) -> Settings:
    """Batches are smaller than the symbols that stay in memory; symbols are saved often."""
    state = {"resident_symbols": RESIDENT, "spill_dir": str(folder), "save_records": 7, "save_offsets": 2_000}
    return group_settings(
        broker.bootstrap,
        prefix,
        PARTITIONS,
        state,
        max_batch_records=40,
        group_instance_id="one",
    )


async def total(worker: WorkerProcess, name: str) -> float:
    """A metric, summed over its labels."""
    _, body = await worker.probe("/metrics")
    return sum(map(float, re.findall(rf"^alphapulse_{name}(?:{{.*}})? (\S+)$", body, re.MULTILINE)))


async def test_killed_with_most_symbols_spilled(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = settings_of(broker, topic_prefix, tmp_path / "spill")
    await make_topics(settings)
    records = ticks(6_000, SYMBOLS, 31)
    await publish(settings, records[:2_500])
    async with Fleet(settings, tmp_path) as fleet:
        first = await fleet.started("first")
        await fleet.caught_up()
        publishing = Publishing(settings, records[2_500:], rate=1_000)
        assert await total(first, "symbols_spilled") == SYMBOLS - PARTITIONS * RESIDENT
        first.kill()
        second = await fleet.started("second")
        assert sum(event["symbols"] for event in second.events("state restored")) == SYMBOLS
        assert os.listdir(tmp_path / "spill") == []
        await publishing.finish()
        await fleet.caught_up()
        assert await total(second, "states_brought_back_total") > SYMBOLS
        assert await total(second, "spill_faults_total") == 0
        await fleet.stop()
    assert (await check_group(settings)).complete
    assert_equal(published(settings), expected(settings, read_input(settings)))


def spill_files(worker: WorkerProcess) -> list[Path]:
    """Its nameless files, by the links that the kernel keeps."""
    links = Path(f"/proc/{worker.process.pid}/fd").iterdir()
    return [link for link in links if "/spill/states-" in os.readlink(link)]


async def test_a_damaged_file_is_noticed_and_the_state_restored(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = settings_of(broker, topic_prefix, tmp_path / "spill")
    await make_topics(settings)
    records = ticks(2_400, SYMBOLS, 34)
    await publish(settings, records[:1_600])
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker")
        await fleet.caught_up()
        for file in spill_files(worker):
            os.truncate(file, 0)
        await publish(settings, records[1_600:])
        await fleet.caught_up()
        assert sorted(event["partition"] for event in worker.events("state lost")) == list(range(PARTITIONS))
        assert len(worker.events("spilling stopped: states stay in memory")) == 1
        assert await total(worker, "symbols_spilled") == 0
        await fleet.stop()
    assert_equal(published(settings), expected(settings, read_input(settings)))


async def test_a_folder_that_cannot_be_made_is_told_once_and_costs_memory_alone(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    settings = settings_of(broker, topic_prefix, tmp_path / "file" / "spill")
    await make_topics(settings)
    await publish(settings, ticks(1_200, SYMBOLS, 32))
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker")
        await fleet.caught_up()
        assert len(worker.events("spilling stopped: states stay in memory")) == 1
        assert await total(worker, "spill_faults_total") == 1
        assert await total(worker, "symbols_spilled") == 0
        await fleet.stop()
    assert_equal(published(settings), expected(settings, read_input(settings)))


async def test_the_symbol_limit_counts_spilled_symbols_and_is_told_once(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    limit = 120
    settings = settings_of(broker, topic_prefix, tmp_path / "spill")
    await make_topics(settings)
    await publish(settings, ticks(1_200, SYMBOLS, 33))
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker", ALPHAPULSE_ENGINE__INGESTION__MAX_SYMBOLS=str(limit))
        await fleet.caught_up()
        told = worker.events("symbol limit: further new symbols are rejected")
        assert sorted(event["partition"] for event in told) == list(range(PARTITIONS))
        assert await total(worker, "symbol_limit_reached") == PARTITIONS
        assert await total(worker, "symbols_tracked") == PARTITIONS * limit
        # The refused ones had frames for their batch.
        assert await total(worker, "symbols_spilled") >= PARTITIONS * (limit - RESIDENT)
        await fleet.stop()
    limited = settings.model_copy(update={"engine": {"ingestion": {"max_symbols": limit}}})
    assert_equal(published(settings), expected(limited, read_input(settings)))
