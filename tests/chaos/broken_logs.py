"""Takes the last records from a partition's log on disk, as a follower has it that was behind."""

from __future__ import annotations

import struct
from pathlib import Path

from worker.broker import Broker

HEAD = struct.Struct(">qi")  # first offset, length of the rest of the batch
STALE = ("*.index", "*.timeindex", "*.txnindex", "*.snapshot")  # made anew by the broker's recovery


def cut_tail(broker: Broker, topic: str, partition: int, share: float) -> int:
    """Drop this share of a partition's batches, the last ones; the broker must not run. Returns how many were dropped.

    The topic keeps its id, its leader its epoch: nothing tells of the loss but where the log ends.
    """
    assert not broker.running
    folder = broker.home / "data" / f"{topic}-{partition}"
    (segment,) = folder.glob("*.log")
    starts = list(_batches(segment))
    kept = int(len(starts) * (1 - share))
    assert 0 < kept < len(starts), f"{len(starts)} batches are too few"
    with segment.open("r+b") as file:
        file.truncate(starts[kept])
    for pattern in STALE:
        for path in folder.glob(pattern):
            path.unlink()
    return len(starts) - kept


def _batches(segment: Path) -> list[int]:
    data, at, found = segment.read_bytes(), 0, []
    while at + HEAD.size <= len(data):
        _, length = HEAD.unpack_from(data, at)
        if length <= 0:
            break  # room that was reserved
        found.append(at)
        at += HEAD.size + length
    return found
