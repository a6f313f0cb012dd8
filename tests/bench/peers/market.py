"""The input that all peers share: simulated minute bars of 500 symbols, one in a thousand inconsistent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import Producer

from tests.bench.peers.programs.rolling import consistent, window, z_score
from tests.bench.progress import Watch
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulate

SYMBOLS = 500
FAULTS = 0.001
_WARM = {"bootstrap.servers": "", "partitioner": "murmur2_random", "linger.ms": 20, "batch.size": 65_536}


class Expected(NamedTuple):
    """What every peer's outputs must say together."""

    records: int
    good: int
    z_sum: float


class Bar(msgspec.Struct):
    """What the check reads."""

    open: float
    high: float
    low: float
    close: float
    volume: float


def bars(count: int, symbols: int = SYMBOLS) -> Iterator[Record]:
    """The first `count` records of the market."""
    each = -(-count // symbols)
    market = simulate(Simulation(symbols=symbols, bars=each, seed=7, fault_rate=FAULTS, faults=("inconsistent",)))
    return islice((record for record, _ in market), count)


def load(bootstrap: str, watch: Watch, topic: str, count: int) -> Expected:
    """Fill a new topic, not compressed; returns what is right."""
    watch.create(topic)
    producer = Producer(_WARM | {"bootstrap.servers": bootstrap, "queue.buffering.max.messages": 200_000})
    decode, windows = msgspec.json.Decoder(Bar).decode, defaultdict[bytes, dict[str, Any]](window)
    records, good, total = 0, 0, 0.0
    for record in bars(count):
        records += 1
        _produce(producer, topic, record)
        bar = decode(record.value)
        good += consistent(bar.open, bar.high, bar.low, bar.close, bar.volume)
        total += z_score(windows[record.key], bar.close)
    producer.flush()
    return Expected(records, good, total)


def _produce(producer: Producer, topic: str, record: Record) -> None:
    while True:
        try:
            producer.produce(topic, record.value, record.key, timestamp=record.timestamp_ms)
            return
        except BufferError:
            producer.poll(0.1)
