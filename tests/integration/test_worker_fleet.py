"""Workers that join, leave, die and freeze under load write the same bytes in the same order as one left in peace."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.commands import command
from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.oracle import behind, under_load, whole
from tests.support.outputs import assert_equal, count, elsewhere, expected, read_input, without_repeats
from tests.support.ticks import Publishing, group_settings, make_topics, publish, ticks
from worker.errors import Exit
from worker.settings import Settings

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "7"))
TICKS, SYMBOLS = 20_000, 300


def verify(settings: Settings) -> tuple[int, dict[str, object]]:
    """Exit code and report of `alphapulse verify --json`."""
    done = command(settings, "verify", "--json")
    return done.code, json.loads(done.out)


@fault("F1", "F7")
async def test_three_workers_with_kill_term_and_join_equal_one_in_peace(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    records = ticks(TICKS, SYMBOLS, SEED)
    calm = group_settings(broker.bootstrap, f"{topic_prefix}.calm")
    await make_topics(calm)
    await publish(calm, records)
    async with Fleet(calm, tmp_path) as fleet:
        fleet.start("alone")
        reference = await whole(fleet, TICKS)
    assert_equal(reference, expected(calm, read_input(calm)))
    assert min(len(lines) for lines in reference.values()) > 0, "each partition must have decisions and rejections"

    rough = group_settings(broker.bootstrap, f"{topic_prefix}.rough", max_batch_records=100)
    await make_topics(rough)
    async with Fleet(rough, tmp_path) as fleet:
        first = await fleet.started("first")
        publishing = Publishing(rough, records, rate=400)
        await until_joined(fleet, fleet.start("joins"), publishing)
        third = await fleet.started("third")
        await under_load(fleet, publishing)
        assert await first.metric("assigned_partitions"), "the victim must own something"
        first.kill()
        await behind(fleet)
        await third.ready(partitions=2, seconds=20)
        await under_load(fleet, publishing)
        third.send(signal.SIGTERM)
        assert await third.exit_code(20) == Exit.OK
        assert publishing.left > 0, "the input ended before the last fault"
        await publishing.finish()
        found = await whole(fleet, TICKS)
    assert_equal(found, expected(rough, read_input(rough)))
    assert_equal(elsewhere(found), elsewhere(reference))
    code, told = verify(rough)
    assert (code, told["complete"], told["faults"], told["pending"]) == (Exit.OK, True, 0, 0)


async def until_joined(fleet: Fleet, worker: WorkerProcess, publishing: Publishing) -> None:
    """Wait until a worker that was started under load has partitions."""
    await under_load(fleet, publishing)
    await worker.ready(partitions=2)
    assert publishing.left > 0, "the input ended before the join"


@fault("F8")
async def test_a_zombie_adds_nothing(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    total = 9_000
    settings = group_settings(broker.bootstrap, topic_prefix, max_batch_records=50)
    await make_topics(settings)
    async with Fleet(settings, tmp_path) as fleet:
        zombie, heir = fleet.start("zombie"), fleet.start("heir")
        await zombie.ready(partitions=2)
        await heir.ready(partitions=2)
        publishing = Publishing(settings, ticks(total, SYMBOLS, SEED + 1), rate=300)
        await under_load(fleet, publishing)
        zombie.send(signal.SIGSTOP)
        stopped_at = await fleet.progress.committed()
        await heir.ready(partitions=4, seconds=20)

        async def all_moved() -> bool:
            return all(now > then for now, then in zip(await fleet.progress.committed(), stopped_at, strict=True))

        await until(all_moved, 20, "the heir commits in every partition")
        assert publishing.left > 0, "the input ended before the zombie woke"
        zombie.send(signal.SIGCONT)
        await publishing.finish()
        await fleet.caught_up()
        if zombie.running:
            await zombie.ready(partitions=2, seconds=20)
        else:
            assert zombie.process.returncode == Exit.TEMPORARY, zombie.text
            fleet.workers.remove(zombie)
        found = await whole(fleet, total)
    assert_equal(found, expected(settings, read_input(settings)))


@fault("F1")
async def test_at_least_once_loses_nothing_and_repeats_only_equals(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    total = 6_000
    settings = group_settings(
        broker.bootstrap, topic_prefix, guarantee="at_least_once", max_batch_records=50, commit_interval_ms=100
    )
    await make_topics(settings)
    async with Fleet(settings, tmp_path) as fleet:
        victim = await fleet.started("victim")
        publishing = Publishing(settings, ticks(total, SYMBOLS, SEED + 2), rate=300)
        heir = fleet.start("heir")
        await under_load(fleet, publishing)
        victim.kill()
        await behind(fleet)
        await heir.ready(partitions=4, seconds=30)
        await publishing.finish()
        found = await whole(fleet, total)
    assert_equal(without_repeats(found), expected(settings, read_input(settings)))
    assert count(found) >= total


async def test_at_least_once_a_join_and_a_stop_repeat_nothing(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    """Offsets are committed so seldom that what has no offset yet would be published again."""
    total = 6_000
    settings = group_settings(
        broker.bootstrap, topic_prefix, guarantee="at_least_once", max_batch_records=50, commit_interval_ms=5_000
    )
    await make_topics(settings)
    async with Fleet(settings, tmp_path) as fleet:
        leaver = await fleet.started("leaver")
        publishing = Publishing(settings, ticks(total, SYMBOLS, SEED + 2), rate=300)
        await until_joined(fleet, fleet.start("heir"), publishing)
        await under_load(fleet, publishing)
        leaver.send(signal.SIGTERM)
        assert await leaver.exit_code(20) == Exit.OK
        assert publishing.left > 0, "the input ended before the stop"
        await publishing.finish()
        found = await whole(fleet, total)
    assert_equal(found, expected(settings, read_input(settings)))


LEARNING = ("learning", "calibration", "anomaly", "forecast")
LEARNED = {f"ALPHAPULSE_ENGINE__{name.upper()}__ENABLED": "true" for name in LEARNING}
LEARNED["ALPHAPULSE_ENGINE__LEARNING__MIN_LABELS"] = "50"


@fault("F1")
async def test_what_is_learned_survives_a_kill(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    """Few symbols with many bars each, so that labels, fits and anomalies lie on both sides of the kill."""
    symbols, total = 24, 9_600
    state = {"save_records": 60, "save_offsets": 2_000}
    settings = group_settings(broker.bootstrap, topic_prefix, state=state, max_batch_records=100)
    await make_topics(settings)
    records = ticks(total, symbols, SEED + 3)
    await publish(settings, records[: total // 2])
    async with Fleet(settings, tmp_path) as fleet:
        victim, other = fleet.start("victim", **LEARNED), fleet.start("other", **LEARNED)
        await victim.ready(partitions=2)
        await other.ready(partitions=2)
        publishing = Publishing(settings, records[total // 2 :], rate=1_000)
        await under_load(fleet, publishing)
        victim.kill()
        await behind(fleet)
        await other.ready(partitions=4, seconds=30)
        await publishing.finish()
        found = await whole(fleet, total)
    engine = {name: {"enabled": True} for name in LEARNING} | {"learning": {"enabled": True, "min_labels": 50}}
    assert_equal(found, expected(settings.model_copy(update={"engine": engine}), read_input(settings)))
    values = [line.value or b"" for lines in found.values() for line in lines]
    own = b'"model":{"id":"online","version":"ftrl","status":"ok"}'
    for text in (own, b'"anomaly"', b'"forecast_h":0.', b'"forecast_h":-0.'):
        assert any(text in value for value in values), text
