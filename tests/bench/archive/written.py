"""The decisions that the bench writes into topics, and the proof that each became one row."""

from __future__ import annotations

import json
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from schemas import Decision
from tests.support.archived import PARTITIONS, outcomes
from tests.support.commands import command
from worker.settings import Settings

COPIES = 8_000  # decisions that are written again and again


class Line(NamedTuple):
    """A decision as a record."""

    ts: int  # epoch ms
    key: bytes
    value: bytes


def lines() -> list[Line]:
    """Real decisions, as many as there are `COPIES`."""
    found = [(ts, one) for ts, one in outcomes(20, COPIES // 18) if isinstance(one, Decision)][:COPIES]
    return [Line(ts, one.symbol.encode(), msgspec.json.encode(one)) for ts, one in found]


def producer(settings: Settings) -> AIOKafkaProducer:
    """A producer that is not started yet."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka.bootstrap_servers,
        enable_idempotence=True,
        max_batch_size=524_288,
        linger_ms=20,
        compression_type="lz4",
    )


async def send(to: AIOKafkaProducer, settings: Settings, line: Line, number: int) -> None:
    """Send the decision of this number; it may wait for room."""
    await to.send(
        settings.topics.output,
        line.value,
        line.key,
        partition=number % PARTITIONS,
        timestamp_ms=line.ts,
        headers=[("content-type", b"application/json"), ("ce_id", f"ticks-0-{number}".encode())],
    )


def proof(settings: Settings, rows: int) -> dict[str, float]:
    """What `archive verify` finds of so many decisions."""
    report = json.loads(command(settings, "archive", "verify", "--json").out)
    parts = [part for table in report["tables"] for part in table["partitions"]]
    return {
        "rows_missing": float(sum(part["missing"] for part in parts) + rows - sum(part["rows"] for part in parts)),
        "rows_repeated": float(sum(part["repeated"] + part["foreign"] for part in parts)),
    }
