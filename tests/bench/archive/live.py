"""A member archives a topic that is full: rows per CPU-second, memory, and the proof by `archive verify`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaProducer

from schemas import Decision
from tests.support.archived import PARTITIONS, archive_settings, make_topics, member, outcomes
from tests.support.commands import command
from tests.support.fleet import Fleet, until
from worker.broker import Broker
from worker.settings import Settings

ROWS = 400_000
COPIES = 8_000  # decisions that are written again and again
PATIENCE = 600.0
TICKS = os.sysconf("SC_CLK_TCK")


def figures(say: Callable[[str], None], folder: Path) -> dict[str, float]:
    """Rows per CPU-second of a member, its peak memory, and what `archive verify` finds."""
    with Broker() as broker:
        settings = archive_settings(
            broker.bootstrap, "bench", folder / "live", tables=["decisions"], commit_interval_ms=60_000
        )
        say(f"writing {ROWS:,} decisions")
        asyncio.run(_fill(settings))
        say("archiving them")
        cpu, rss = asyncio.run(_archived(settings, folder))
        say("comparing")
        called = command(settings, "archive", "verify", "--json")
        report = json.loads(called.out)
        parts = [part for table in report["tables"] for part in table["partitions"]]
    return {
        "rows_missing": float(sum(part["missing"] for part in parts) + ROWS - sum(part["rows"] for part in parts)),
        "rows_repeated": float(sum(part["repeated"] + part["foreign"] for part in parts)),
        "rows_per_cpu_s": round(ROWS / cpu, 1),
        "rss_mb": round(rss, 1),
    }


async def _fill(settings: Settings) -> None:
    await make_topics(settings)
    found = [(ts, one) for ts, one in outcomes(20, COPIES // 18) if isinstance(one, Decision)][:COPIES]
    lines = [(ts, one.symbol.encode(), msgspec.json.encode(one)) for ts, one in found]
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka.bootstrap_servers,
        enable_idempotence=True,
        max_batch_size=524_288,
        linger_ms=20,
        compression_type="lz4",
    )
    await producer.start()
    try:
        for at in range(ROWS):
            ts, key, value = lines[at % len(lines)]
            headers = [("content-type", b"application/json"), ("ce_id", f"ticks-0-{at}".encode())]
            await producer.send(
                settings.topics.output, value, key, partition=at % PARTITIONS, timestamp_ms=ts, headers=headers
            )
    finally:
        await producer.stop()


async def _archived(settings: Settings, folder: Path) -> tuple[float, float]:
    """CPU seconds from the start to the last row, those of starting included, and the peak memory in MB."""
    async with Fleet(settings, folder) as fleet:
        only = member(fleet, "only")

        async def done() -> bool:
            assert only.running, only.text
            return bool(sum(event["rows"] for event in only.events("archived")) == ROWS)

        await until(done, PATIENCE, f"{ROWS:,} rows")
        found = await asyncio.to_thread(_used, only.process.pid)
        only.send(signal.SIGTERM)
        assert await only.exit_code(60) == 0, only.text
    return found


def _used(pid: int) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a process."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return (int(stat[11]) + int(stat[12])) / TICKS, peak / 1000
