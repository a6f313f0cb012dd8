"""Moves the leaders of partitions about, and tells who controls a cluster: in Kafka's own protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from aiokafka.errors import for_code
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactString, Int8, Int16, Int32, Int64, Schema, TaggedFields

from tests.support.nodes import answer, answered, replicas
from worker.broker import Broker, Cluster
from worker.kafka.protocol.fixed import Fixed

TEXT = CompactString("utf-8")
TAGS = ("tags", TaggedFields)
QUORUM_TOPIC = "__cluster_metadata"
TIMEOUT_MS = 20_000
NOT_NEEDED, PREFERRED_AWAY, NONE_ELIGIBLE = 84, 80, 83
FINE = (NOT_NEEDED, PREFERRED_AWAY, NONE_ELIGIBLE)


class Election(IntEnum):
    """Who may win."""

    PREFERRED = 0  # the first of the replicas
    UNCLEAN = 1  # whoever is there, also when it lacks records


class ReassignResponse(Response):
    API_KEY, API_VERSION = 45, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("error_message", TEXT),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(("partition", Int32), ("error_code", Int16), ("error_message", TEXT), TAGS),
                ),
                TAGS,
            ),
        ),
        TAGS,
    )


class ReassignRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 45, 0, True
    RESPONSE_TYPE = ReassignResponse
    SCHEMA = Schema(
        ("timeout_ms", Int32),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                ("partitions", CompactArray(("partition", Int32), ("replicas", CompactArray(Int32)), TAGS)),
                TAGS,
            ),
        ),
        TAGS,
    )


class ElectResponse(Response):
    API_KEY, API_VERSION = 43, 2
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(("partition", Int32), ("error_code", Int16), ("error_message", TEXT), TAGS),
                ),
                TAGS,
            ),
        ),
        TAGS,
    )


class ElectRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 43, 2, True
    RESPONSE_TYPE = ElectResponse
    SCHEMA = Schema(
        ("kind", Int8),
        ("topics", CompactArray(("topic", TEXT), ("partitions", CompactArray(Int32)), TAGS)),
        ("timeout_ms", Int32),
        TAGS,
    )


REPLICA = CompactArray(("replica_id", Int32), ("log_end_offset", Int64), TAGS)


class QuorumResponse(Response):
    API_KEY, API_VERSION = 55, 0
    SCHEMA = Schema(
        ("error_code", Int16),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("leader_id", Int32),
                        ("leader_epoch", Int32),
                        ("high_watermark", Int64),
                        ("voters", REPLICA),
                        ("observers", REPLICA),
                        TAGS,
                    ),
                ),
                TAGS,
            ),
        ),
        TAGS,
    )


class QuorumRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 55, 0, True
    RESPONSE_TYPE = QuorumResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic", TEXT), ("partitions", CompactArray(("partition", Int32), TAGS)), TAGS)), TAGS
    )


async def controller(seen_by: Broker) -> int:
    """The node that controls the cluster now."""
    asked: Any = [(QUORUM_TOPIC, [(0, {})], {})]
    found = await answer(seen_by, Fixed(QuorumRequest, asked, {}))
    ((_, ((_, code, leader, *_),), _),) = found.topics
    if found.error_code or code:
        raise for_code(found.error_code or code)("DescribeQuorum")
    return int(leader)


async def reassign(seen_by: Broker, topic: str, layout: Mapping[int, Sequence[int]]) -> None:
    """Put partitions on these nodes, the first of each preferred as its leader. It does not make it the leader."""
    rows: Any = [(topic, [(p, list(nodes), {}) for p, nodes in layout.items()], {})]
    found = await answer(seen_by, Fixed(ReassignRequest, 10_000, rows, {}))
    for code in (found.error_code, *(code for _, parts, _ in found.topics for _, code, *_ in parts)):
        if code:
            raise for_code(code)(f"reassignment of {topic}")


async def elect(seen_by: Broker, topics: Mapping[str, Sequence[int]], kind: Election) -> None:
    """Hold an election for these partitions; one that is not needed is fine, one that nobody can win yet, too."""
    rows: Any = [(topic, list(partitions), {}) for topic, partitions in topics.items()]
    found = await answer(seen_by, Fixed(ElectRequest, kind, rows, TIMEOUT_MS, {}), TIMEOUT_MS / 1000)
    for code in (found.error_code, *(code for _, parts, _ in found.topics for _, code, *_ in parts)):
        if code not in (0, *FINE):
            raise for_code(code)(f"election: {code}")


async def elect_preferred(seen_by: Broker, topics: Sequence[str]) -> None:
    """Lead every partition of these topics from the first of its replicas again."""
    if topics:
        await elect(seen_by, {topic: sorted(await replicas(seen_by, topic)) for topic in topics}, Election.PREFERRED)


async def move_leader(cluster: Cluster, topic: str, partition: int, to: int) -> None:
    """Let this node lead a partition of which it has a replica."""
    node = next(node for node in cluster if node.running)
    found = (await replicas(node, topic))[partition]
    await reassign(node, topic, {partition: [to, *sorted(found.all - {to})]})
    await elect(node, {topic: [partition]}, Election.PREFERRED)

    async def leads() -> bool:
        return (await replicas(node, topic))[partition].leader == to

    await answered(leads, f"node {to} leads {topic} partition {partition}")
