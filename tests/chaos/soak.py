"""Hours of random faults (`make soak MIN=10`): nothing lost, nothing doubled, and memory that does not grow."""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.bench import report
from tests.chaos.cluster import Cluster
from tests.chaos.nemesis import Nemesis, ProxyNemesis
from tests.chaos.nemesis_three import ThreeNemesis
from tests.chaos.scene import scene
from tests.chaos.three import PROPERTIES, three_scene
from tests.support.fleet import Fleet, WorkerProcess
from tests.support.netns import SplitCluster, unusable
from tests.support.oracle import behind, whole
from tests.support.outputs import Line, Outputs, expected, read_input
from tests.support.ticks import Publishing, ticks
from worker.settings import Settings

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
    def now(self) -> float:
        """MB."""
        return self._samples[-1][1] if self._samples else 0.0

    @property
    def largest(self) -> float:
        """MB."""
        return max(size for _, size in self._samples)


def verdict(found: Outputs, wanted: Outputs, repeats: bool) -> dict[str, int]:
    """How many records were lost, doubled, or are not the right bytes at their place; `repeats` may be there, equal to
    the first."""
    lost = doubled = different = again = 0
    for at, lines in wanted.items():
        there = _once(found[at]) if repeats else found[at]
        again += len(found[at]) - len(there)
        is_there, should_be = Counter(there), Counter(lines)
        lost += (should_be - is_there).total()
        doubled += (is_there - should_be).total()
        different += sum(a != b for a, b in zip(there, lines, strict=False))
    return {"lost": lost, "doubled": doubled, "out_of_place": different, "repeats": again}


def _once(lines: list[Line]) -> list[Line]:
    """The first of all records that are the same in every byte."""
    return list(dict.fromkeys(lines))


class Ground(NamedTuple):
    """Where a run takes place."""

    brokers: int
    scene: Callable[..., Awaitable[Settings]]  # (prefix, settings of processing)
    nemesis: Callable[[Fleet], Nemesis]


@contextmanager
def one_broker(seed: int) -> Iterator[Ground]:
    """A broker behind proxies."""
    with Cluster() as cluster:
        yield Ground(1, partial(scene, cluster), lambda fleet: ProxyNemesis(cluster, fleet, seed))


@contextmanager
def three_brokers(seed: int) -> Iterator[Ground]:
    """Three that can be cut apart."""
    with SplitCluster(properties=PROPERTIES) as cluster:
        yield Ground(3, partial(three_scene, cluster), lambda fleet: ThreeNemesis(cluster, fleet, seed))


async def soak(ground: Ground, minutes: float, seed: int, guarantee: str, folder: Path) -> dict[str, float]:
    """All figures of one run."""
    given = {"guarantee": guarantee, "fetch_max_bytes": 1_048_576, "max_batch_records": 200}
    settings = await ground.scene(f"soak-{seed}", **given)
    async with Fleet(settings, folder) as fleet:
        nemesis = ground.nemesis(fleet)
        memory = Memory(await nemesis.begin())
        watching = asyncio.create_task(memory.watch())
        publishing = Publishing(settings, ticks(int(minutes * 60 * RATE * 1.5), SYMBOLS, seed), RATE)
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < minutes * 60:
            name = await nemesis.strike()
            print(f"{passed:6.0f} s  {name:16} {memory.now:4.0f} MB  lag {sum(await fleet.progress.lag())}", flush=True)
            await asyncio.sleep(PAUSE)
        await behind(fleet)
        total = await publishing.cut()
        await fleet.caught_up(300)
        watching.cancel()
        found = await whole(fleet, total)
        wanted = expected(settings, read_input(settings))
    figures = verdict(found, wanted, guarantee == "at_least_once")
    return {
        **figures,
        "repeats_per_fault_s": round(figures["repeats"] / RATE / len(nemesis.strikes), 3),
        "records": total,
        "strikes": len(nemesis.strikes),
        "brokers": ground.brokers,
        "minutes": minutes,
        "rss_mb_per_min": round(memory.slope, 3),
        "rss_max_mb": round(memory.largest, 1),
    }


def main() -> None:
    """Run, print the figures, write them; 1 when something was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1)
    parser.add_argument("--guarantee", choices=("exactly_once", "at_least_once"), default="exactly_once")
    given = parser.parse_args()
    same = f"MIN={given.minutes:g} BROKERS={given.brokers} GUARANTEE={given.guarantee} SEED={given.seed}"
    print(f"seed {given.seed}; the same again: make soak {same}", flush=True)
    if given.brokers == 3 and (reason := unusable()):
        raise SystemExit(f"three brokers that can be cut apart: {reason}")
    ground = three_brokers(given.seed) if given.brokers == 3 else one_broker(given.seed)
    with ground as place, tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(soak(place, given.minutes, given.seed, given.guarantee, Path(folder)))
    report.write("soak", figures, seed=given.seed, guarantee=given.guarantee)
    for name, value in figures.items():
        print(f"{name:22} {value:12,.6g}")
    if figures["lost"] or figures["doubled"] or figures["out_of_place"]:
        raise SystemExit(f"outputs are not whole; seed {given.seed}")


if __name__ == "__main__":
    main()
