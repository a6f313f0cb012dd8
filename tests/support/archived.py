"""An archive under test: its settings, the records of its topics, and what its tables hold."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from schemas import Decision, Rejection
from tests.support.fleet import Fleet, NotInTime, WorkerProcess, until
from tests.support.kafka import create_topics, read_partition
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.settings import Settings
from worker.settings.load import load_settings
from worker.sources.simulation.simulator import Simulation, simulated_records

PARTITIONS = 3
PATIENCE = 60.0
STEP = 50  # records of a transaction
QUICK = {"commit_interval_ms": 300, "compact_interval_s": 0, "sort_interval_s": 0}
Place = tuple[int, int]  # partition and offset


def archive_settings(bootstrap: str, prefix: str, url: str | Path, **archive: Any) -> Settings:
    """Settings of an archive that commits often."""
    given = {
        "kafka": {"bootstrap_servers": bootstrap},
        "topics": {"prefix": f"{prefix}.", "partitions": PARTITIONS},
        "processing": {"group": prefix, "session_timeout_ms": 6_000, "rebalance_timeout_ms": 10_000},
        "archive": {"url": str(url)} | QUICK | archive,
    }
    return load_settings(given)


async def make_topics(settings: Settings, partitions: int = PARTITIONS) -> None:
    """Create the topics of decisions and rejections."""
    names = (settings.topics.output, settings.topics.rejections)
    await create_topics(settings.kafka.bootstrap_servers, dict.fromkeys(names, partitions))


@cache
def outcomes(symbols: int = 6, bars: int = 200) -> list[tuple[int, Decision | Rejection]]:
    """Outcomes of a simulated market with the timestamps of their records."""
    records = list(simulated_records(Simulation(symbols=symbols, bars=bars, seed=12, fault_rate=0.05)))
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    return list(zip(batch.timestamps, RecordEngine(EngineSettings()).process(batch), strict=True))


async def write(settings: Settings, found: Sequence[tuple[int, Decision | Rejection]], begin: int = 0) -> int:
    """Write outcomes in transactions, every fifth of them aborted; return how many records are committed."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka.bootstrap_servers, transactional_id=f"{settings.topics.prefix}writer"
    )
    await producer.start()
    committed = 0
    try:
        for number, first in enumerate(range(0, len(found), STEP)):
            part = found[first : first + STEP]
            await producer.begin_transaction()
            for at, (ts, outcome) in enumerate(part, begin + first):
                await producer.send(
                    settings.topics.output if isinstance(outcome, Decision) else settings.topics.rejections,
                    msgspec.json.encode(outcome),
                    (outcome.symbol or "").encode(),
                    partition=at % PARTITIONS,
                    timestamp_ms=ts,
                    headers=[("content-type", b"application/json"), ("ce_id", f"ticks-{at}".encode())],
                )
            if number % 5 == 4:
                await producer.abort_transaction()
            else:
                await producer.commit_transaction()
                committed += len(part)
    finally:
        await producer.stop()
    return committed


async def in_topic(settings: Settings, topic: str) -> dict[Place, tuple[str, bytes | None]]:
    """Committed records of a topic: (partition, offset) → ce_id and value."""
    found = await asyncio.gather(
        *(read_partition(settings.kafka.bootstrap_servers, topic, partition) for partition in range(PARTITIONS))
    )
    return {
        (record.partition, record.offset): (dict(record.headers).get("ce_id", b"").decode(), record.value)
        for records in found
        for record in records
    }


def in_table(url: str | Path, name: str, options: dict[str, str] | None = None) -> list[tuple[Place, str]]:
    """Rows of a table and of its companion: (partition, offset) and ce_id."""
    rows: list[tuple[Place, str]] = []
    for table in (name, f"{name}_unreadable"):
        try:
            handle = DeltaTable(f"{url}/{table}", storage_options=options)
        except TableNotFoundError:
            continue
        columns = handle.to_pyarrow_table(columns=["partition", "offset", "ce_id"]).to_pydict()
        rows += [
            ((p, o), c or "") for p, o, c in zip(columns["partition"], columns["offset"], columns["ce_id"], strict=True)
        ]
    return rows


async def proven(settings: Settings, options: dict[str, str] | None = None) -> int:
    """Each committed record is a row once, and no row is another; return their number."""
    count = 0
    for name in settings.archive.tables:
        topic = {"decisions": settings.topics.output, "rejections": settings.topics.rejections}[name]
        wanted = {place: ce_id for place, (ce_id, _) in (await in_topic(settings, topic)).items()}
        rows = await asyncio.to_thread(in_table, settings.archive.url, name, options)
        repeated = {place: times for place, times in Counter(place for place, _ in rows).items() if times > 1}
        assert not repeated, f"{name}: rows that repeat: {sorted(repeated.items())[:5]} of {len(repeated)}"
        assert dict(rows) == wanted, f"{name}: {len(wanted)} records, {len(rows)} rows"
        count += len(rows)
    return count


async def archived(settings: Settings, seconds: float = PATIENCE, options: dict[str, str] | None = None) -> None:
    """Wait until the tables hold as many rows as the topics."""
    names = {"decisions": settings.topics.output, "rejections": settings.topics.rejections}
    wanted = {name: len(await in_topic(settings, names[name])) for name in settings.archive.tables}

    found: dict[str, int] = {}

    async def holds() -> bool:
        for name in wanted:
            found[name] = await asyncio.to_thread(count, settings.archive.url, name, options)
        return found == wanted

    try:
        await until(holds, seconds, f"{wanted} rows")
    except NotInTime as late:
        raise NotInTime(f"{late}, but {found}") from None


def count(url: str | Path, name: str, options: dict[str, str] | None = None) -> int:
    """Rows of a table and of its companion; 0 while there is none."""
    found = 0
    for table in (name, f"{name}_unreadable"):
        try:
            found += DeltaTable(f"{url}/{table}", storage_options=options).count()
        except (TableNotFoundError, OSError):
            continue
    return found


def member(fleet: Fleet, name: str, **extra: str) -> WorkerProcess:
    """Start a member of the archive."""
    return fleet.start(name, command="archive", **extra)
