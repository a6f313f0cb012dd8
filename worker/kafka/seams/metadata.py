"""What a client knows of topics is not unlearnt by an answer that is an error.

aiokafka replaces all it knows by each Metadata answer. One answer of a broker that does not know a topic yet leaves the
topic without partitions until the next refresh, and the leader of a group then takes all partitions from the fleet.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import UnknownTopicOrPartitionError

FORGOTTEN = 30.0  # seconds of "unknown topic", with no other answer between, until it is believed
_original = ClusterMetadata.update_metadata


def update_metadata(self: Any, metadata: Any) -> None:
    """`ClusterMetadata.update_metadata`, with what was known where the answer has an error or nothing."""
    if metadata.API_VERSION > 0:
        since: dict[str, float] = self.__dict__.setdefault("_unknown_since", {})
        metadata.topics = _rows(self._partitions, metadata.topics or (), since)
    _original(self, metadata)


def _rows(known: dict[str, dict[int, Any]], told: Iterable[Any], since: dict[str, float]) -> list[Any]:
    """The rows of an answer: with all partitions, then what is known of further topics, then errors.

    `since`: when brokers began to say of a topic that they do not know it.
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
    """Those of the answer, and those that it lacks: a topic does not lose partitions."""
    rows = {row[1]: row for row in told}
    for number, was in known.items():
        rows.setdefault(number, (was.error, number, was.leader, was.replicas, was.isr, []))
    return list(rows.values())


def install() -> None:
    """Have every client keep what it knows."""
    module: Any = ClusterMetadata
    module.update_metadata = update_metadata
