"""F1, F7, F8: half a minute of random faults; `make soak` runs the same for as long as one likes."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.chaos.nemesis import ProxyNemesis
from tests.chaos.nemesis_three import ThreeNemesis
from tests.chaos.scene import load, scene
from tests.chaos.three import load as load_three
from tests.chaos.three import three_scene
from tests.support.fleet import Fleet
from tests.support.netns import SplitCluster
from tests.support.oracle import behind, proven, right

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "11"))
SECONDS = 45.0
PAUSE = 3.0  # seconds between two strikes


@fault("F1", "F7", "F8")
async def test_random_faults(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        nemesis = ProxyNemesis(cluster, fleet, SEED)
        await nemesis.begin()
        publishing = load(settings)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            await nemesis.strike()
            await asyncio.sleep(PAUSE)
        print(f"TEST_SEED={SEED}: {' '.join(nemesis.strikes)}")
        await behind(fleet)
        await proven(fleet, await publishing.cut())


@fault("F32", "F36", "F38", "F39", "F43", "F44")
@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
async def test_random_faults_of_three_brokers(
    three: SplitCluster, topic_prefix: str, tmp_path: Path, guarantee: str
) -> None:
    settings = await three_scene(three, topic_prefix, guarantee=guarantee)
    async with Fleet(settings, tmp_path) as fleet:
        nemesis = ThreeNemesis(three, fleet, SEED)
        await nemesis.begin()
        publishing = load_three(settings)
        end = time.monotonic() + 2 * SECONDS
        while time.monotonic() < end:
            await nemesis.strike()
            await asyncio.sleep(PAUSE)
        print(f"TEST_SEED={SEED}: {' '.join(nemesis.strikes)}")
        await behind(fleet)
        await right(fleet, await publishing.cut())
