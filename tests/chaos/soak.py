"""Hours of random faults (`make soak MIN=10`): nothing lost, nothing doubled, and memory that does not grow."""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from tests.bench import report
from tests.chaos.cluster import Cluster
from tests.chaos.nemesis import Nemesis
from tests.chaos.scene import scene
from tests.support.fleet import Fleet, WorkerProcess
from tests.support.oracle import behind, whole
from tests.support.outputs import Outputs, expected, read_input
from tests.support.ticks import Publishing, ticks

PAUSE = 5.0  # seconds between two strikes
RATE = 200.0  # ticks a second
SYMBOLS = 200
SETTLED = 0.4  # of the run: until then caches and states fill
MB = 1_048_576


class Memory:
    """Resident memory of one process over time."""

    def __init__(self, worker: WorkerProcess) -> None:
        self._worker = worker
        self._samples: list[tuple[float, float]] = []

    async def watch(self) -> None:
        """Sample once a second until cancelled."""
        while True:
            self._samples.append((time.monotonic() / 60, self._worker.memory[1] / MB))
            await asyncio.sleep(1)

    @property
    def slope(self) -> float:
        """MB a minute by least squares, over the settled part of the run."""
        part = np.array(self._samples[int(SETTLED * len(self._samples)) :])
        return float(np.polyfit(part[:, 0] - part[0, 0], part[:, 1], 1)[0])

    @property
    def largest(self) -> float:
        """MB."""
        return max(size for _, size in self._samples)


def verdict(found: Outputs, wanted: Outputs) -> dict[str, int]:
    """How many records were lost, doubled, or are not the right bytes at their place."""
    lost = doubled = different = 0
    for at, lines in wanted.items():
        is_there, should_be = Counter(found[at]), Counter(lines)
        lost += (should_be - is_there).total()
        doubled += (is_there - should_be).total()
        different += sum(a != b for a, b in zip(found[at], lines, strict=False))
    return {"lost": lost, "doubled": doubled, "out_of_place": different}


async def soak(cluster: Cluster, minutes: float, seed: int, folder: Path) -> dict[str, float]:
    """All figures of one run."""
    settings = await scene(cluster, f"soak-{seed}", fetch_max_bytes=1_048_576, max_batch_records=200)
    async with Fleet(settings, folder) as fleet:
        nemesis = Nemesis(cluster, fleet, seed)
        memory = Memory(await nemesis.begin())
        watching = asyncio.create_task(memory.watch())
        publishing = Publishing(settings, ticks(int(minutes * 60 * RATE * 1.5), SYMBOLS, seed), RATE)
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < minutes * 60:
            print(f"{passed:6.0f} s  {await nemesis.strike():12} lag {sum(await fleet.progress.lag())}", flush=True)
            await asyncio.sleep(PAUSE)
        await behind(fleet)
        total = await publishing.cut()
        await fleet.caught_up(300)
        watching.cancel()
        found = await whole(fleet, total)
        wanted = expected(settings, read_input(settings))
    return {
        **verdict(found, wanted),
        "records": total,
        "strikes": len(nemesis.strikes),
        "minutes": minutes,
        "rss_slope_mb_per_min": round(memory.slope, 3),
        "rss_max_mb": round(memory.largest, 1),
    }


def main() -> None:
    """Run, print the figures, write them; 1 when something was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    given = parser.parse_args()
    print(f"seed {given.seed}; the same again: make soak MIN={given.minutes:g} SEED={given.seed}")
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(soak(cluster, given.minutes, given.seed, Path(folder)))
    report.write("soak", figures, seed=given.seed)
    for name, value in figures.items():
        print(f"{name:22} {value:12,.6g}")
    if figures["lost"] or figures["doubled"] or figures["out_of_place"]:
        raise SystemExit(f"outputs are not whole; seed {given.seed}")


if __name__ == "__main__":
    main()
