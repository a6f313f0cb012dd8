"""What a peer wrote, read by an independent client and compared with what is right."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from confluent_kafka import Consumer, KafkaError, TopicPartition

from tests.bench.peers.market import Expected
from tests.bench.progress import PARTITIONS

PATIENCE_S = 60.0
TOLERANCE = 1e-6  # of the sum of all z-scores, absolute per record: windows may be summed in another order


class Line(msgspec.Struct):
    """What the check reads of an output."""

    symbol: str
    ok: bool = False
    z: float = 0.0


@dataclass
class Found:
    """Sums over the outputs; `strays` counts keys that are not their record's symbol."""

    records: int = 0
    good: int = 0
    z_sum: float = 0.0
    strays: int = 0


def read(bootstrap: str, topics: Sequence[str], records: int) -> Found:
    """Read committed outputs until there are `records`, or no more come; counts what is beyond them too."""
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"check-{uuid.uuid4().hex}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    reader.assign([TopicPartition(topic, p, 0) for topic in topics for p in range(PARTITIONS)])
    try:
        return _read(reader, len(topics) * PARTITIONS, records)
    finally:
        reader.close()


def _read(reader: Consumer, places: int, records: int) -> Found:
    found, ended = Found(), set[tuple[str, int]]()
    decode = msgspec.json.Decoder(Line).decode
    deadline = time.monotonic() + PATIENCE_S
    while (len(ended) < places or found.records < records) and time.monotonic() < deadline:
        for message in reader.consume(10_000, 0.5):
            place = (message.topic() or "", message.partition() or 0)
            if error := message.error():
                if error.code() == KafkaError._PARTITION_EOF:
                    ended.add(place)
                continue
            ended.discard(place)
            line = decode(message.value() or b"")
            found.records += 1
            found.good += line.ok
            found.z_sum += line.z
            found.strays += line.symbol.encode() != message.key()
    return found


def faults(found: Found, expected: Expected, task: str) -> list[str]:
    """What is wrong with the outputs of a task; empty when nothing is."""
    wrong = []
    if found.records != expected.records:
        wrong.append(f"{found.records:,} outputs of {expected.records:,} records")
    if found.strays:
        wrong.append(f"{found.strays:,} keys changed")
    if task != "full" and found.good != expected.good:
        wrong.append(f"{found.good:,} good bars, not {expected.good:,}")
    if task == "zscore" and not math.isclose(
        found.z_sum, expected.z_sum, rel_tol=0.0, abs_tol=TOLERANCE * expected.records
    ):
        wrong.append(f"sum of z-scores {found.z_sum:.3f}, not {expected.z_sum:.3f}")
    return wrong
