"""What many symbols cost one worker, with all their states in memory and with most of them spilled
(`make bench WHAT=symbols`).

The bars come round by round, one of each symbol: nothing is worse for what holds the states used last.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import uuid
from pathlib import Path

from tests.bench import report
from tests.support.fleet import Fleet, WorkerProcess
from tests.support.ticks import make_state_topic, make_topics, publish
from worker.broker import Broker
from worker.engine.state.layout import STATE
from worker.settings import KafkaSettings, ProcessingSettings, Settings, StateSettings, TopicSettings
from worker.sources.simulation.simulator import Simulation, simulated_records

PATIENCE = 900.0  # seconds
BATCH = 1_000  # records
TICK = os.sysconf("SC_CLK_TCK")


def settings_for(bootstrap: str, resident: int, folder: Path) -> Settings:
    """A group of its own on the shared input; a drain saves everything, so that a restore reads snapshots alone."""
    state = StateSettings(
        resident_symbols=resident, spill_dir=folder / "spill", idle_flush_ms=10**9, drain_flush_ms=600_000
    )
    return Settings(
        kafka=KafkaSettings(bootstrap_servers=bootstrap),
        topics=TopicSettings(partitions=4),
        state=state,
        processing=ProcessingSettings(group=f"b{uuid.uuid4().hex[:8]}", max_batch_records=BATCH),
    )


def cpu_seconds(worker: WorkerProcess) -> float:
    """Since its start."""
    fields = Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


async def one_group(settings: Settings, records: int, folder: Path) -> dict[str, float]:
    """Memory and rate of a worker that begins, then restore time and memory of one that takes over."""
    async with Fleet(settings, folder) as fleet:
        first = fleet.start("first")
        await fleet.caught_up(PATIENCE)
        figures = {"records_per_cpu_s": records / cpu_seconds(first), "rss_mb": first.memory[1] / 1e6}
        await fleet.stop(PATIENCE)
        again = fleet.start("again")
        await again.ready(settings.topics.partitions, PATIENCE)
        figures["restore_s"] = max(event["seconds"] for event in again.events("restored"))
        figures["rss_restored_mb"] = again.memory[1] / 1e6
        assert sum(event["replayed"] for event in again.events("state restored")) == 0
        again.kill()
    return figures


def spilled_name(name: str) -> str:
    """`rss_mb` → `rss_spilled_mb`."""
    what, _, unit = name.removesuffix("_per_cpu_s").rpartition("_")
    return (
        f"{name.removesuffix('_per_cpu_s')}_spilled_per_cpu_s" if name.endswith("_cpu_s") else f"{what}_spilled_{unit}"
    )


async def measure(symbols: int, bars: int, resident: int, folder: Path) -> dict[str, float]:
    """All figures."""
    with Broker(sustained=True) as broker:
        whole, spilled = (settings_for(broker.bootstrap, most, folder) for most in (0, resident))
        await make_topics(whole)
        await make_state_topic(spilled)
        market = simulated_records(Simulation(symbols=symbols, bars=bars, seed=2, fault_rate=0.0))
        records = (await publish(whole, market)).records
        figures = await one_group(whole, records, folder)
        apart = await one_group(spilled, records, folder)
    figures |= {spilled_name(name): value for name, value in apart.items()}
    return figures | {"symbols": symbols, "records": records, "resident": resident, "state_bytes": STATE.itemsize}


def main() -> None:
    """Measure, print a table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=100_000)
    parser.add_argument("--bars", type=int, default=3, help="of each symbol")
    parser.add_argument("--resident", type=int, default=2_500, help="states of a partition in memory")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(given.symbols, given.bars, given.resident, Path(folder)))
    report.table(figures)
    report.write("bench-symbols", figures)


if __name__ == "__main__":
    main()
