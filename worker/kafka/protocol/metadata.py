"""Metadata with topic ids and leader epochs; the request never creates a topic."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, Int16, Int32, Schema, TaggedFields

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.strict import Unclear, exactly
from worker.kafka.protocol.types import TEXT, Uuid

NO_LEADER = -1


class MetadataResponse(Response):
    API_KEY, API_VERSION = 3, 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(("node", Int32), ("host", TEXT), ("port", Int32), ("rack", TEXT), ("tags", TaggedFields)),
        ),
        ("cluster_id", TEXT),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", TEXT),
                ("topic_id", Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class MetadataRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 3, 12, True
    RESPONSE_TYPE = MetadataResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", Uuid), ("topic", TEXT), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class Leader(NamedTuple):
    """The leader of a partition, and its leader epoch."""

    node: int
    epoch: int
    replicas: int
    in_sync: int


class Topic(NamedTuple):
    """A topic as one broker describes it."""

    error_code: int
    id: int  # 0 where there is none
    leaders: dict[int, Leader]  # by partition


def describe_topics(names: Collection[str]) -> Fixed:
    """Build the request, which creates no topic."""
    named: Any = [(0, name, {}) for name in sorted(names)]
    return Fixed(MetadataRequest, named, False, False, {})


def described(answer: Any, names: Collection[str]) -> dict[str, Topic]:
    """Return the topics of an answer by name.

    Raises:
        Unclear: the answer does not hold exactly these topics.
    """
    topics = None if answer.topics is None else ((topic[1], topic) for topic in answer.topics)
    return {name: _topic(entry) for name, entry in exactly(topics, names, "Metadata").items()}


def _topic(entry: Any) -> Topic:
    code, name, identity, _, partitions, *_ = entry
    if partitions is None and not code:
        raise Unclear(f"Metadata: {name} has neither partitions nor an error")
    leaders = {
        partition: Leader(NO_LEADER if error else leader, epoch, len(replicas or ()), len(in_sync or ()))
        for error, partition, leader, epoch, replicas, in_sync, *_ in partitions or ()
    }
    return Topic(code, identity, leaders)
