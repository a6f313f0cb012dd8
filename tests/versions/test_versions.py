"""On each version: topics made by the command, two workers, one killed, everything whole; and an upgrade under load."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from collections import defaultdict
from pathlib import Path

import pytest

from tests.chaos.scene import ENDLESS, PARTITIONS, PROCESSING, STATE, load, some_ticks
from tests.support.fleet import Fleet, environment
from tests.support.oracle import PATIENCE, behind, proven, under_load, whole
from tests.support.outputs import assert_equal, expected, read_input, without_repeats
from tests.support.resent import resent_batches
from tests.support.ticks import group_settings
from tests.versions.features import features, raise_features
from tests.versions.releases import RELEASES, release_of
from worker.broker import Broker
from worker.broker.lock import PINNED, Release
from worker.errors import Exit
from worker.settings import Settings
from worker.sources.publisher import partition_of
from worker.sources.record import Record

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

OLD = release_of("3.9.2")
UPGRADE = f"{OLD.version} → {PINNED.version}"


def command(settings: Settings, *arguments: str) -> str:
    """What an `alphapulse` command prints, for this group."""
    line = [sys.executable, "-m", "worker", *arguments]
    done = subprocess.run(line, env=environment(settings), capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == Exit.OK, done.stderr
    return done.stdout


async def made(broker: Broker, guarantee: str) -> Settings:
    """Settings of a group, with its topics made as a user would."""
    prefix = f"v{uuid.uuid4().hex[:10]}"
    settings = group_settings(broker.bootstrap, prefix, PARTITIONS, STATE, guarantee=guarantee, **PROCESSING)
    found = json.loads(await asyncio.to_thread(command, settings, "topics", "create", "--json"))
    assert len(found["created"]) == 5
    return settings


def resent(settings: Settings, records: int) -> int:
    """The number of records that lie twice because a broker was stopped under the publisher: a batch a partition."""
    sent = defaultdict[int, list[Record]](list)
    for record in some_ticks(ENDLESS)[:records]:
        sent[partition_of(record.key, PARTITIONS)].append(record)
    sizes = [resent_batches(found, sent[partition]) for partition, found in enumerate(read_input(settings))]
    assert all(len(batches) <= 1 for batches in sizes), sizes
    return sum(map(sum, sizes))


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
@pytest.mark.parametrize(
    "release", [pytest.param(r, id=r.version, marks=pytest.mark.version(r.version)) for r in RELEASES]
)
async def test_one_of_two_workers_is_killed(release: Release, guarantee: str, tmp_path: Path) -> None:
    with Broker(release=release) as broker:
        settings = await made(broker, guarantee)
        async with Fleet(settings, tmp_path) as fleet:
            victim = await fleet.started("one")
            other = fleet.start("two")
            publishing = load(settings)
            await other.ready(PARTITIONS // 2, seconds=PATIENCE)
            await victim.ready(PARTITIONS // 2, seconds=PATIENCE)
            await under_load(fleet, publishing)
            victim.kill()
            await other.ready(PARTITIONS, seconds=PATIENCE)
            await behind(fleet)
            records = await publishing.cut()
            if guarantee == "exactly_once":
                await proven(fleet, records)
            else:
                found = await whole(fleet, records)
                assert_equal(without_repeats(found), expected(settings, read_input(settings)))
        told = json.loads(command(settings, "verify", "--json"))
        assert (told["complete"], told["faults"], told["pending"]) == (True, 0, 0)


@pytest.mark.version(UPGRADE)
async def test_the_broker_is_upgraded_under_load_and_its_features_raised(tmp_path: Path) -> None:
    home = tmp_path / "kafka"
    with Broker(home=home, release=OLD) as old:
        settings = await made(old, "exactly_once")
        async with Fleet(settings, tmp_path) as fleet:
            first = await fleet.started("one")
            publishing = load(settings)
            await under_load(fleet, publishing)
            await asyncio.to_thread(old.stop)
            with Broker(home=home, release=PINNED) as new:
                assert new.bootstrap == old.bootstrap
                before = await features(new)
                assert before.finalized.get("transaction.version", 0) < 2
                await under_load(fleet, publishing)
                await raise_features(new, ("metadata.version", "transaction.version", "group.version"))
                after = await features(new)
                assert after.finalized["transaction.version"] == 2
                assert after.finalized["metadata.version"] > before.finalized["metadata.version"]
                await under_load(fleet, publishing)
                # The next worker speaks the new transactions where the first may still speak the old ones.
                second = fleet.start("two")
                await second.ready(PARTITIONS // 2, seconds=PATIENCE)
                await under_load(fleet, publishing)
                first.kill()
                await second.ready(PARTITIONS, seconds=PATIENCE)
                await behind(fleet)
                records = await publishing.cut()
                await proven(fleet, records + resent(settings, records))
