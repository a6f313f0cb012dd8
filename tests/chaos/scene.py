"""How a test of the fault suite begins: topics, a background of ticks, a fleet."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.chaos.cluster import Cluster
from tests.support.ticks import Publishing, group_settings, make_topics, ticks
from worker.settings import Settings
from worker.sources.record import Record

SYMBOLS = 60
SEED = 7
ENDLESS = 150_000
RATE = 300.0  # ticks a second
PARTITIONS = 4
# Small fetches and transactions, so that every step is passed often.
PROCESSING = {"max_batch_records": 25, "fetch_max_bytes": 16_384}
# Snapshots in most transactions, and always something left to replay.
STATE = {"save_records": 8, "drain_flush_ms": 0}


async def scene(cluster: Cluster, prefix: str, **processing: Any) -> Settings:
    """Settings of a group with its topics made."""
    settings = group_settings(cluster.bootstrap, prefix, PARTITIONS, STATE, **(PROCESSING | processing))
    await make_topics(settings)
    return settings


@cache
def some_ticks(count: int) -> list[Record]:
    """Ticks of a market with faults, so that both outputs get records."""
    return ticks(count, SYMBOLS, SEED)


def load(settings: Settings, after: int = 0) -> Publishing:
    """A background of ticks that lasts until it is cut; the first `after` were published before."""
    return Publishing(settings, some_ticks(ENDLESS)[after:], RATE)
