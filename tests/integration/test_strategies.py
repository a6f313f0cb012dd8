"""A strategy that is switched while workers run, die and are replaced: every byte as the engine and the journal say."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.control import STRATEGY_KEY
from tests.integration.conftest import Bootstrap
from tests.integration.test_control import decided, decided_with, processed, whole
from tests.support.commands import Called, command
from tests.support.fleet import Fleet, said
from tests.support.oracle import under_load
from tests.support.outputs import Outputs
from tests.support.parity import backtested
from tests.support.switching import NAME, files
from tests.support.ticks import Publishing, group_settings, make_audit_topic, make_topics, publish, ticks
from worker.errors import Exit
from worker.settings import Settings

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "7"))
OFTEN = {"save_records": 7, "save_offsets": 300, "idle_flush_ms": 200}
TOTAL, SYMBOLS, RATE = 8_000, 10, 350


def deciding(settings: Settings, folder: Path, **given: Any) -> Settings:
    """The same group with the first version, which may be switched to the second."""
    first, second = files(folder)
    chosen = {"file": str(first), "candidates": [str(second)], "parameters": {"slow": "5m"}}
    return settings.model_copy(update={"engine": {"strategy": chosen | given}})


def switch(settings: Settings, *arguments: str) -> Called:
    """Run `alphapulse control strategy`."""
    return command(settings, "control", "strategy", *arguments)


def values(found: Outputs, name: str) -> list[bytes]:
    """The values in an output topic."""
    return [line.value or b"" for (topic, _), lines in found.items() if topic == name for line in lines]


async def test_a_switch_while_workers_are_killed_and_stopped(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    group = group_settings(broker.bootstrap, topic_prefix, partitions=2, state=OFTEN, max_batch_records=60)
    settings = deciding(group, tmp_path)
    await make_topics(settings)
    await make_audit_topic(settings)
    records = ticks(TOTAL, SYMBOLS, SEED)
    async with Fleet(settings, tmp_path) as fleet:
        victim, heir = fleet.start("victim"), fleet.start("heir")
        await victim.ready(partitions=1)
        await heir.ready(partitions=1)
        publishing = Publishing(settings, records, rate=RATE)
        await processed(fleet, 1_000)
        done = switch(settings, "--set", "risk=0.002", "--reason", "less risk")
        assert done.code == Exit.OK, done.err
        await decided_with(fleet, 1)
        await under_load(fleet, publishing)
        victim.kill()
        await heir.ready(partitions=2, seconds=30)
        done = switch(settings, str(tmp_path / "second.py"), "--set", "enter=30", "--wait")
        assert done.code == Exit.OK, done.err
        await decided_with(fleet, 2)
        await under_load(fleet, publishing)
        fleet.workers = [heir]
        await fleet.stop()
        fleet.workers = []
        done = switch(settings, "--configured")
        assert done.code == Exit.OK, done.err
        again = await fleet.started("again")
        await publishing.finish()
        await fleet.caught_up()
        assert any(restored["journal"] > 0 for restored in again.events("state restored"))
        await fleet.stop()
        found, journal = await whole(settings)
        topic = backtested(settings, ["--topic", settings.topics.input, "--control"], tmp_path / "topic", workers=1)
    assert sorted(topic.decisions) == sorted(values(found, settings.topics.decisions))
    assert sorted(topic.rejections) == sorted(values(found, settings.topics.rejected))
    for part in journal:
        entries = [entry.control and entry.control.strategy for entry in part if entry.key == STRATEGY_KEY + NAME]
        assert [each and (each.version, each.parameters["risk"]) for each in entries] == [(1, 0.002), (2, 0.002), None]
    seen = Counter((each["strategy"]["version"], each["config_hash"]) for each in decided(found))
    assert sorted(version for version, _ in seen) == [1, 1, 2]
    assert min(seen.values()) > 100
    assert Counter(each["strategy"]["status"] for each in decided(found))["ok"] > TOTAL / 2


async def test_what_workers_can_not_follow_is_not_published(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = deciding(group_settings(broker.bootstrap, topic_prefix, partitions=1), tmp_path)
    await make_topics(settings)
    await make_audit_topic(settings)
    refused = switch(settings, "--set", "enter=400")
    assert refused.code == Exit.CONFIG
    assert "400 bars" in refused.err
    assert switch(settings, "--set", "enter=30").code == Exit.OK
    [record] = msgspec.json.decode(command(settings, "control", "show", "--json").out)
    assert record["strategy"]["parameters"] == {"enter": 30, "risk": 0.01, "slow": "5m"}
    chosen = {"file": str(tmp_path / "second.py")}  # another worker's configuration lacks the first version
    async with Fleet(settings.model_copy(update={"engine": {"strategy": chosen}}), tmp_path) as fleet:
        worker = fleet.start("lacking")
        await worker.ready(partitions=1)
        await publish(settings, ticks(50, 2, SEED))
        assert await worker.exit_code(30) == Exit.CONFIG
        assert "engine.strategy.candidates of every worker" in said(worker)
        fleet.workers = []
