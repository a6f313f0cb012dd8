"""A member archives a topic that is full: rows per CPU-second, memory, and the proof by `archive verify`."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.bench.archive.written import lines, producer, proof, send
from tests.support.archived import archive_settings, make_topics, member
from tests.support.fleet import Fleet, until
from worker.broker import Broker
from worker.settings import Settings

ROWS = 400_000
PATIENCE = 600.0
TICKS = os.sysconf("SC_CLK_TCK")


def figures(say: Callable[[str], None], folder: Path) -> dict[str, float]:
    """Rows per CPU-second of a member, its peak memory, and what `archive verify` finds."""
    with Broker() as broker:
        settings = archive_settings(
            broker.bootstrap, "bench", folder / "live", tables=["decisions"], commit_interval_ms=60_000
        )
        say(f"writing {ROWS:,} decisions")
        asyncio.run(fill(settings, ROWS))
        say("archiving them")
        cpu, rss = asyncio.run(_archived(settings, folder))
        say("comparing")
        found = proof(settings, ROWS)
    return found | {
        "rows_per_cpu_s": round(ROWS / cpu, 1),
        "rss_mb": round(rss, 1),
    }


async def fill(settings: Settings, rows: int) -> None:
    """Make the topics, and write so many decisions."""
    await make_topics(settings)
    found, to = lines(), producer(settings)
    await to.start()
    try:
        for at in range(rows):
            await send(to, settings, found[at % len(found)], at)
    finally:
        await to.stop()


async def _archived(settings: Settings, folder: Path) -> tuple[float, float]:
    """CPU seconds from the start to the last row, those of starting included, and the peak memory in MB."""
    async with Fleet(settings, folder) as fleet:
        only = member(fleet, "only")

        async def done() -> bool:
            assert only.running, only.text
            return bool(sum(event["rows"] for event in only.events("archived")) == ROWS)

        await until(done, PATIENCE, f"{ROWS:,} rows")
        found = await asyncio.to_thread(used, only.process.pid)
        only.send(signal.SIGTERM)
        assert await only.exit_code(60) == 0, only.text
    return found


def used(pid: int) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a process."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return (int(stat[11]) + int(stat[12])) / TICKS, peak / 1000
