"""Seam: a topic is unknown only where brokers have said so again and again, and an error erases nothing.

And what clients of a process were told alike is in memory once: a worker has a client a partition under exactly once,
each of which knows all partitions of its topics.

aiokafka replaces all its metadata by each answer. One answer of a broker that does not know a topic yet leaves the
topic without partitions until the next refresh, and the leader of a group then revokes all partitions of the fleet.
And it takes a topic for unknown when no broker has told anything of it within the request timeout.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError

FORGOTTEN = 30.0  # seconds of consecutive "unknown topic" answers before the topic is dropped
TOLD = 1_000  # entries of `_told`: the last answer of each topic and broker, for all clients that are told the same
T = TypeVar("T")
_told: dict[tuple[Any, ...], Any] = {}
_original, _wait = ClusterMetadata.update_metadata, AIOKafkaClient._wait_on_metadata


def update_metadata(self: Any, metadata: Any) -> None:
    """Replace `ClusterMetadata.update_metadata`: keep what was known where the answer has an error or nothing."""
    if metadata.API_VERSION > 0:
        metadata.topics = _rows(self._partitions, metadata.topics or (), _unknown(self))
    _original(self, metadata)
    for topic, partitions in self._partitions.items():
        self._partitions[topic] = _shared((topic,), partitions)
    for leader, led in self._broker_partitions.items():
        self._broker_partitions[leader] = _shared((leader, len(led)), led)


def _shared(of: tuple[Any, ...], found: T) -> T:
    """Return what a client was told before if it is equal: aiokafka replaces these and never changes them."""
    if (known := _told.get(of)) == found:
        return known
    if len(_told) >= TOLD:
        _told.clear()
    _told[of] = found
    return found


class _Said(NamedTuple):
    """The first and the last of consecutive "unknown topic" answers, monotonic seconds."""

    first: float
    last: float


def unknown_for(cluster: Any, topic: str) -> float:
    """Return the seconds since the first of consecutive "unknown topic" answers; 0.0 if the last one says otherwise."""
    said = _unknown(cluster).get(topic)
    return 0.0 if said is None else time.monotonic() - said.first


def said_unknown_for(cluster: Any, topic: str) -> float:
    """Return the seconds from the first to the last of consecutive "unknown topic" answers: silence adds none."""
    said = _unknown(cluster).get(topic)
    return 0.0 if said is None else said.last - said.first


async def wait_on_metadata(self: Any, topic: str) -> Any:
    """Replace `AIOKafkaClient._wait_on_metadata`: return the numbers of the topic's partitions.

    Raises:
        UnknownTopicOrPartitionError: brokers have said so for `FORGOTTEN` seconds, and still do.
        TopicAuthorizationFailedError: no right to see the topic.
        KafkaTimeoutError: brokers have not said within the request timeout whether there is such a topic.
    """
    self.add_topic(topic)  # also a known one: a client that has no topics refreshes all, one that has some only those
    begun = time.monotonic()
    while (partitions := self.cluster.partitions_for_topic(topic)) is None:
        told = await self.force_metadata_update()
        unknown = unknown_for(self.cluster, topic) if told else 0.0
        if unknown >= FORGOTTEN:
            raise UnknownTopicOrPartitionError(topic)
        if topic in self.cluster.unauthorized_topics:
            raise TopicAuthorizationFailedError(topic)
        if not unknown and time.monotonic() - begun > self._request_timeout_ms / 1000:
            raise KafkaTimeoutError(f"brokers do not tell the partitions of {topic}")
        if self.cluster.partitions_for_topic(topic) is None:
            await asyncio.sleep(self._retry_backoff)
    return partitions


def _unknown(cluster: Any) -> dict[str, _Said]:
    found: dict[str, _Said] = cluster.__dict__.setdefault("_unknown_since", {})
    return found


def _rows(known: dict[str, dict[int, Any]], told: Iterable[Any], unknown: dict[str, _Said]) -> list[Any]:
    """Merge an answer into the known topics; return answered topics, then other known ones, then errors.

    `unknown` holds when brokers have said "unknown topic", by topic.
    """
    whole, errors, gone, now = {}, [], set(), time.monotonic()
    for row in told:
        code, topic, internal, partitions = row
        if code:
            errors.append(row)
            if code != UnknownTopicOrPartitionError.errno:
                unknown.pop(topic, None)
                continue
            unknown[topic] = _Said(unknown[topic].first if topic in unknown else now, now)
            if now - unknown[topic].first >= FORGOTTEN:
                gone.add(topic)
        elif rows := _partitions(known.get(topic, {}), partitions or ()):
            whole[topic] = (0, topic, internal, rows)
            unknown.pop(topic, None)
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
    cluster: Any = ClusterMetadata
    client: Any = AIOKafkaClient
    cluster.update_metadata, client._wait_on_metadata = update_metadata, wait_on_metadata
