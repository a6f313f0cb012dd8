"""F1, F7, F8: half a minute of random faults; `make soak` runs the same for as long as one likes."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.chaos.nemesis import Nemesis
from tests.chaos.scene import load, scene
from tests.support.fleet import Fleet
from tests.support.oracle import behind, proven

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "11"))
SECONDS = 45.0
PAUSE = 3.0  # seconds between two strikes


@fault("F1", "F7", "F8")
async def test_random_faults(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        nemesis = Nemesis(cluster, fleet, SEED)
        await nemesis.begin()
        publishing = load(settings)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            await nemesis.strike()
            await asyncio.sleep(PAUSE)
        print(f"TEST_SEED={SEED}: {' '.join(nemesis.strikes)}")
        await behind(fleet)
        await proven(fleet, await publishing.cut())
