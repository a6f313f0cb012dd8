"""Reads committed outputs and writes down when each was readable: python -m tests.bench.latency.reader BOOTSTRAP COUNT
SECONDS FILE TOPIC...
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import msgspec
import numpy as np
from confluent_kafka import Consumer, TopicPartition
from numpy.typing import NDArray

from tests.bench.latency.ticks import SYMBOLS, number

LOOK_UP_S = 20.0


class Line(msgspec.Struct):
    """What is read of an output."""

    symbol: str
    ts: int


def receive(reader: Consumer, count: int, seconds: float) -> NDArray[np.int64]:
    """Monotonic ns at which each tick's first output was in this process's hands; 0 for none."""
    received = np.zeros(count, np.int64)
    decode = msgspec.json.Decoder(Line).decode
    missing, deadline = count, time.monotonic() + seconds
    while missing and time.monotonic() < deadline:
        # One call with a time limit would hold the first record back until the limit has passed.
        messages = reader.consume(1, 0.1) + reader.consume(1_000, 0)
        now = time.monotonic_ns()
        for message in messages:
            if error := message.error():
                raise SystemExit(str(error))
            line = decode(message.value() or b"")
            at = number(line.symbol, line.ts)
            if not received[at]:
                received[at] = now
                missing -= 1
                if missing == count - SYMBOLS:
                    print(flush=True)  # the client is at work: the generator may go on
    return received


def places(reader: Consumer, topics: Sequence[str]) -> list[TopicPartition]:
    """All partitions from their start."""
    found = {topic: reader.list_topics(topic, LOOK_UP_S).topics[topic].partitions for topic in topics}
    return [TopicPartition(topic, p, 0) for topic in topics for p in found[topic]]


def main() -> None:
    """From the start of empty topics."""
    bootstrap, count, seconds, file, *topics = sys.argv[1:]
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "latency",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 100,
            "fetch.min.bytes": 1,
        }
    )
    reader.assign(places(reader, topics))
    np.save(file, receive(reader, int(count), float(seconds)))
    reader.close()


if __name__ == "__main__":
    main()
