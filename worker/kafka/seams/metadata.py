"""Seam: an error in a Metadata answer does not erase what a client knows of a topic.

aiokafka replaces all its metadata by each answer. One answer of a broker that does not know a topic yet leaves the
topic without partitions until the next refresh, and the leader of a group then revokes all partitions of the fleet.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import UnknownTopicOrPartitionError

FORGOTTEN = 30.0  # seconds of consecutive "unknown topic" answers before the topic is dropped
_original = ClusterMetadata.update_metadata


def update_metadata(self: Any, metadata: Any) -> None:
    """Replace `ClusterMetadata.update_metadata`: keep what was known where the answer has an error or nothing."""
    if metadata.API_VERSION > 0:
        since: dict[str, float] = self.__dict__.setdefault("_unknown_since", {})
        metadata.topics = _rows(self._partitions, metadata.topics or (), since)
    _original(self, metadata)


def _rows(known: dict[str, dict[int, Any]], told: Iterable[Any], since: dict[str, float]) -> list[Any]:
    """Merge an answer into the known topics; return answered topics, then other known ones, then errors.

    `since` holds the time of the first of consecutive "unknown topic" answers, by topic.
    """
    whole, errors, gone = {}, [], set()
    for row in told:
        code, topic, internal, partitions = row
        if code:
            errors.append(row)
            begun = since.setdefault(topic, time.monotonic()) if code == UnknownTopicOrPartitionError.errno else None
            if begun is not None and time.monotonic() - begun >= FORGOTTEN:
                gone.add(topic)
        elif rows := _partitions(known.get(topic, {}), partitions or ()):
            whole[topic] = (0, topic, internal, rows)
            since.pop(topic, None)
    kept = [
        (0, topic, False, _partitions(of, ()))
        for topic, of in known.items()
        if of and topic not in whole and topic not in gone
    ]
    return [*whole.values(), *kept, *errors]


def _partitions(known: dict[int, Any], told: Iterable[Any]) -> list[Any]:
    """Return the answered partitions and the known ones that the answer lacks: a topic never loses partitions."""
    rows = {row[1]: row for row in told}
    for number, was in known.items():
        rows.setdefault(number, (was.error, number, was.leader, was.replicas, was.isr, []))
    return list(rows.values())


def install() -> None:
    """Patch every client."""
    module: Any = ClusterMetadata
    module.update_metadata = update_metadata
