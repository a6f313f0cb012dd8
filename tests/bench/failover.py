"""What a failure costs: take-over, pauses, restore, and the price of snapshots (`make bench WHAT=failover`)."""

from __future__ import annotations

import argparse
import asyncio
import resource
import signal
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import report
from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.ticks import Publishing, make_state_topic, make_topics, publish
from worker.broker import Broker
from worker.engine.state.layout import STATE
from worker.settings import KafkaSettings, ProcessingSettings, Settings, StateSettings
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records

RATE = 400.0  # ticks a second while members fail
LOAD_SECONDS = 300
CATCH_UP = 900.0
NO_FLUSH = {"save_records": 10**9, "idle_flush_ms": 10**9, "drain_flush_ms": 0}
STEP = 0.01  # seconds between two looks at the group's offsets


def settings_for(bootstrap: str, **processing: object) -> Settings:
    """Settings of a group with topics of its own and the product's own time limits."""
    name = f"b{uuid.uuid4().hex[:8]}"
    return Settings(
        kafka=KafkaSettings(bootstrap_servers=bootstrap),
        topics=Settings().topics.model_copy(update={"prefix": f"{name}."}),
        processing=ProcessingSettings.model_validate({"group": name, **processing}),
    )


class Pauses:
    """Watches the group's offsets: when each partition last moved, and the longest time in which it did not."""

    def __init__(self, fleet: Fleet, partitions: int) -> None:
        self._fleet = fleet
        now = time.monotonic()
        self._last = [0] * partitions
        self._moved = [now] * partitions
        self.longest = [0.0] * partitions

    async def watch(self) -> None:
        """Until cancelled."""
        self._last = await self._fleet.progress.committed()
        self.reset()
        while True:
            now = time.monotonic()
            for p, offset in enumerate(await self._fleet.progress.committed()):
                self.longest[p] = max(self.longest[p], now - self._moved[p])
                if offset != self._last[p]:
                    self._last[p], self._moved[p] = offset, now
            await asyncio.sleep(STEP)

    def reset(self) -> None:
        """Begin anew."""
        now = time.monotonic()
        self._moved = [now] * len(self._last)
        self.longest = [0.0] * len(self._last)


async def owned(worker: WorkerProcess) -> set[int]:
    """Partitions of the newest assignment."""
    return set(worker.events("assigned")[-1]["partitions"])


async def moved(fleet: Fleet, partitions: set[int]) -> None:
    """Wait until all of them have committed once more."""
    before = await fleet.progress.committed()

    async def holds() -> bool:
        now = await fleet.progress.committed()
        return all(now[p] > before[p] for p in partitions)

    await until(holds, 120, f"partitions {sorted(partitions)} go on")


async def takeover(fleet: Fleet, victim: WorkerProcess, number: signal.Signals) -> float:
    """Seconds from the signal to the heir's first commit in every partition of the victim."""
    partitions = await owned(victim)
    await moved(fleet, partitions)
    begun = time.monotonic()
    victim.send(number)
    # Frozen offsets after the end of the victim; a drain may still commit, and counts as part of the take-over.
    await victim.exit_code(60)
    await moved(fleet, partitions)
    return time.monotonic() - begun


async def failovers(settings: Settings, history: Sequence[Record], folder: Path) -> dict[str, float]:
    """Join, SIGTERM and SIGKILL under load, on top of the history."""
    figures = {"session_timeout_s": settings.processing.session_timeout_ms / 1000}
    partitions = settings.topics.partitions
    async with Fleet(settings, folder) as fleet:
        keeper = await fleet.started("keeper")
        await fleet.caught_up(CATCH_UP)
        load = Publishing(settings, list(history), RATE)
        pauses = Pauses(fleet, partitions)
        watching = asyncio.create_task(pauses.watch())
        for number in (signal.SIGTERM, signal.SIGKILL):
            await moved(fleet, set(range(partitions)))
            pauses.reset()
            victim = fleet.start(number.name)
            await victim.ready(partitions // 2, seconds=120)
            kept = set(range(partitions)) - await owned(victim)
            await moved(fleet, kept)
            longest = max(pauses.longest[p] for p in kept)
            figures["kept_partition_pause_s"] = max(longest, figures.get("kept_partition_pause_s", 0.0))
            figures[f"takeover_{number.name.lower()}_s"] = await takeover(fleet, victim, number)
        assert load.left > 0, "the load ended before the failures"
        watching.cancel()
        assert keeper.running
        await load.cut()
        await fleet.caught_up(CATCH_UP)
        await fleet.stop(60)
    return figures


async def restore(settings: Settings, folder: Path) -> dict[str, float]:
    """How fast one worker gets the state of all partitions back, snapshots and replay together."""
    async with Fleet(settings, folder) as fleet:
        worker = fleet.start("restores")
        await worker.ready(settings.topics.partitions, seconds=CATCH_UP)
        told = worker.events("state restored")
        size = sum(event["state_bytes"] for event in told) / 1e6
        whole = sum(event["symbols"] for event in told) * STATE.itemsize / 1e6
        seconds = max(event["seconds"] for event in worker.events("restored"))
        await fleet.stop(60)
    return {
        "restore_mb_s": size / seconds,
        "restore_state_mb_s": whole / seconds,
        "restore_mb": size,
        "restore_s": seconds,
    }


async def cpu_seconds(settings: Settings, folder: Path, **state: int) -> float:
    """CPU of one worker from start to end over the whole input, as a group of its own with these state settings."""
    group = settings.processing.model_copy(update={"group": f"b{uuid.uuid4().hex[:8]}"})
    own = settings.model_copy(update={"processing": group, "state": StateSettings(**NO_FLUSH | state)})
    await make_state_topic(own)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    async with Fleet(own, folder) as fleet:
        await fleet.started("worker")
        await fleet.caught_up(CATCH_UP)
        await fleet.stop(60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def snapshot_cost(settings: Settings, records: int, runs: int, folder: Path) -> dict[str, float]:
    """CPU with every symbol saved once in the run, over CPU with none saved. By default they are saved less often."""
    once = records // settings.topics.partitions
    ratios = []
    for _ in range(runs):
        without = await cpu_seconds(settings, folder, save_offsets=10**12)
        ratios.append(await cpu_seconds(settings, folder, save_offsets=once) / without)
    return {"snapshot_cost_ratio": statistics.median(ratios)}


async def measure(symbols: int, records: int, runs: int, folder: Path) -> dict[str, float]:
    """All figures."""
    bars = (records + int(RATE * LOAD_SECONDS)) // symbols + 1
    market = simulated_records(Simulation(symbols=symbols, bars=bars, seed=7))
    with Broker(sustained=True) as broker:
        settings = settings_for(broker.bootstrap)
        await make_topics(settings)
        await publish(settings, islice(market, records))
        cost = await snapshot_cost(settings, records, runs, folder)
        figures = await failovers(settings, list(market), folder)
        return figures | await restore(settings, folder) | cost


def main() -> None:
    """Measure, print a table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=10_000)
    parser.add_argument("--records", type=int, default=250_000)
    parser.add_argument("--runs", type=int, default=3, help="of the comparison with and without snapshots")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(given.symbols, given.records, given.runs, Path(folder)))
    report.write("bench-failover", figures)
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
