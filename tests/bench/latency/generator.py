"""Sends ticks at a rate and notes when: python -m tests.bench.latency.generator BOOTSTRAP TOPIC COUNT RATE FILE."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np
from confluent_kafka import Producer
from numpy.typing import NDArray

from tests.bench.latency.ticks import SYMBOLS, ticks
from worker.sources.record import Record

STEP_S = 0.001


def send(producer: Producer, topic: str, records: Sequence[Record], rate: float) -> NDArray[np.int64]:
    """Monotonic ns at which each record was given to the producer."""
    sent = np.zeros(len(records), np.int64)
    begun, done = time.monotonic(), 0
    while done < len(records):
        due = min(int((time.monotonic() - begun) * rate), len(records))
        for at in range(done, due):
            record = records[at]
            sent[at] = time.monotonic_ns()
            producer.produce(topic, record.value, record.key, timestamp=record.timestamp_ms)
        done = max(done, due)
        producer.poll(0)
        time.sleep(STEP_S)  # the schedule, not a wait for a condition
    return sent


def main() -> None:
    """Send the first tick of each symbol, wait for a line from stdin, send the rest at the rate."""
    bootstrap, topic, count, rate, file = sys.argv[1:]
    records = list(ticks(int(count)))
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",
            "linger.ms": 1,
            "acks": "all",
            "queue.buffering.max.messages": 500_000,
        }
    )
    first = send(producer, topic, records[:SYMBOLS], float(rate))
    producer.flush()
    sys.stdin.readline()
    sent = send(producer, topic, records[SYMBOLS:], float(rate))
    producer.flush()
    np.save(file, np.concatenate([first, sent]))


if __name__ == "__main__":
    main()
