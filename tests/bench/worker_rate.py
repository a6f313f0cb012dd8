"""Records per CPU-second of one worker process, all stages, on a local real Kafka (`make bench`)."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import uuid

from tests.bench import report
from worker.broker import Broker
from worker.settings import Settings, load_settings
from worker.sources.publisher import publish_records
from worker.sources.simulator import Simulation, simulated_records
from worker.stream import topics
from worker.stream.client import client_options
from worker.stream.group import wait_caught_up
from worker.stream.preflight import admin_client

DEADLINE = 300.0  # seconds for one run


def settings_for(bootstrap: str, group: str, guarantee: str) -> Settings:
    """Settings of one run: its own group on the shared input."""
    return load_settings(
        {"kafka": {"bootstrap_servers": bootstrap}, "processing": {"group": group, "guarantee": guarantee}}
    )


async def fill(settings: Settings, symbols: int, records: int) -> int:
    """Create the topics and publish the simulated market; returns the number of records."""
    spec = Simulation(symbols=symbols, bars=records // symbols, seed=7, fault_rate=0.001)
    await make_topics(settings)
    summary = await publish_records(client_options(settings.kafka), settings.topics.input, simulated_records(spec))
    return summary.records


async def make_topics(settings: Settings) -> None:
    """Create what is missing: a group's state has a topic of its own."""
    async with admin_client(settings.kafka) as admin:
        await topics.create(admin, settings)


async def caught_up(settings: Settings) -> bool:
    """Whether the group has committed the whole input before the deadline."""
    async with admin_client(settings.kafka) as admin:
        return await wait_caught_up(admin, settings, settings.topics.partitions, DEADLINE)


def run_worker(settings: Settings) -> tuple[float, float]:
    """(CPU seconds from start to stop, peak RSS in MB) of one worker over the whole input."""
    environment = os.environ | {
        "ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "ALPHAPULSE_PROCESSING__GROUP": settings.processing.group,
        "ALPHAPULSE_PROCESSING__GUARANTEE": settings.processing.guarantee,
        "ALPHAPULSE_LOG__LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, "-m", "worker", "worker"], env=environment)
    try:
        if not asyncio.run(caught_up(settings)):
            raise SystemExit("the worker did not catch up")
    finally:
        process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the worker ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(records: int, symbols: int, runs: int) -> dict[str, float]:
    """All figures."""
    figures: dict[str, float] = {}
    with Broker() as broker:
        count = asyncio.run(fill(settings_for(broker.bootstrap, "fill", "exactly_once"), symbols, records))
        for guarantee, name in (("exactly_once", "eos"), ("at_least_once", "alos")):
            rates, peaks = [], []
            for _ in range(runs):
                settings = settings_for(broker.bootstrap, f"bench-{uuid.uuid4().hex[:8]}", guarantee)
                asyncio.run(make_topics(settings))
                cpu, rss = run_worker(settings)
                rates.append(count / cpu)
                peaks.append(rss)
                print(f"{guarantee:14} {count:9,} records  {cpu:6.2f} CPU s  {count / cpu:9,.0f}/CPU s  {rss:5.0f} MB")
            figures[f"full_{name}_per_cpu_s"] = statistics.median(rates)
            figures[f"full_{name}_min_per_cpu_s"] = min(rates)
            figures[f"full_{name}_max_per_cpu_s"] = max(rates)
            figures[f"rss_{name}_mb"] = max(peaks)
    return figures


def main() -> None:
    """Measure, print a table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    figures = measure(given.records, given.symbols, given.runs)
    report.table(figures)
    report.write("bench", figures)


if __name__ == "__main__":
    main()
