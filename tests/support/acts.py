"""Acts of operators in tests: what the topics of limits and of acts hold."""

from __future__ import annotations

import msgspec

from schemas import Control
from schemas.audit import Audit
from tests.support.kafka import Record, read_partition
from worker.settings import Settings


async def audits(settings: Settings) -> list[Audit]:
    """All acts, in their order."""
    found = await read_partition(settings.kafka.bootstrap_servers, settings.topics.acts, 0)
    return [msgspec.json.decode(record.value or b"", type=Audit) for record in found]


async def control_records(settings: Settings, key: str) -> list[Control | None]:
    """All control records of a key, in their order; the topic has the partitions of the fleet."""
    found: list[Record] = []
    for partition in range(settings.topics.partitions):
        found += await read_partition(settings.kafka.bootstrap_servers, settings.topics.limits, partition)
    return [
        None if record.value is None else msgspec.json.decode(record.value, type=Control)
        for record in found
        if record.key == key.encode()
    ]
