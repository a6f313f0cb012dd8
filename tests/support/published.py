"""What an engine makes of a simulated market, published as workers do: in transactions, one of them aborted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from schemas import Decision, Rejection
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.settings import Settings
from worker.sources.simulation.simulator import Simulation, simulated_records

EACH = 40  # outcomes of a transaction


class Outcome(NamedTuple):
    """An outcome, and where it goes."""

    topic: str
    partition: int
    timestamp: int
    key: bytes | None
    value: bytes
    item: Decision | Rejection


def outcomes(
    settings: Settings, partitions: int, symbols: int = 7, bars: int = 300, engine: EngineSettings | None = None
) -> list[Outcome]:
    """What a simulated market leads to; some records are faulty."""
    records = list(simulated_records(Simulation(symbols=symbols, bars=bars, seed=12, fault_rate=0.02)))
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    topics = settings.topics
    return [
        Outcome(
            topics.output if isinstance(item, Decision) else topics.rejections,
            sum(key or b"") % partitions,
            timestamp,
            key,
            msgspec.json.encode(item),
            item,
        )
        for timestamp, key, item in zip(
            batch.timestamps, batch.keys, RecordEngine(engine or EngineSettings()).process(batch), strict=True
        )
    ]


async def publish_outcomes(settings: Settings, found: list[Outcome], who: str = "published") -> None:
    """Publish them in their order, and an aborted transaction at the end."""
    name = f"{settings.topics.prefix}{who}"
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers, transactional_id=name) as producer:
        parts: Iterator[Outcome] = iter(found)
        while part := list(islice(parts, EACH)):
            async with producer.transaction():
                for one in part:
                    headers = [("alphapulse.source", f"{one.partition}".encode())]
                    await producer.send(
                        one.topic,
                        one.value,
                        one.key,
                        partition=one.partition,
                        timestamp_ms=one.timestamp,
                        headers=headers,
                    )
        await producer.begin_transaction()
        for one in found[:3]:
            await producer.send_and_wait(one.topic, one.value, one.key, partition=one.partition)
        await producer.abort_transaction()
