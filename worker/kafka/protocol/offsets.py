"""OffsetFetch and OffsetCommit in the first versions that tell all that a worker must know."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, Int16, Int32, Int64, Schema, TaggedFields

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.strict import Unclear, exactly
from worker.kafka.protocol.types import TEXT

NOTHING = -1  # as an offset: the group has committed none
NO_EPOCH = -1


# OffsetCommit and TxnOffsetCommit carry offsets in the same way, and are answered alike.
POSITIONS = (
    "topics",
    CompactArray(
        ("topic", TEXT),
        (
            "partitions",
            CompactArray(
                ("partition", Int32),
                ("offset", Int64),
                ("leader_epoch", Int32),
                ("metadata", TEXT),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    ),
)
COMMIT_ANSWER = Schema(
    ("throttle_time_ms", Int32),
    (
        "topics",
        CompactArray(
            ("topic", TEXT),
            ("partitions", CompactArray(("partition", Int32), ("error_code", Int16), ("tags", TaggedFields))),
            ("tags", TaggedFields),
        ),
    ),
    ("tags", TaggedFields),
)


class Position(NamedTuple):
    """What a group has committed for a partition, or is to commit."""

    offset: int
    epoch: int = NO_EPOCH  # of the leader that wrote the record before; -1 = not known
    text: str = ""


class Membership(NamedTuple):
    """Who commits: a member of the group in one of its generations."""

    generation: int
    member_id: str
    instance_id: str | None


class OffsetFetchResponse(Response):
    API_KEY, API_VERSION = 9, 7
    error_code: int
    topics: Any
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("offset", Int64),
                        ("leader_epoch", Int32),
                        ("metadata", TEXT),
                        ("error_code", Int16),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("error_code", Int16),
        ("tags", TaggedFields),
    )

    def codes(self) -> Iterator[int]:
        """Error codes of the whole and of each partition."""
        yield self.error_code
        for _, partitions, _ in self.topics or ():
            yield from (partition[4] for partition in partitions or ())


class OffsetFetchRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 9, 7, True
    RESPONSE_TYPE = OffsetFetchResponse
    SCHEMA = Schema(
        ("group_id", TEXT),
        ("topics", CompactArray(("topic", TEXT), ("partitions", CompactArray(Int32)), ("tags", TaggedFields))),
        ("require_stable", Boolean),
        ("tags", TaggedFields),
    )


class OffsetCommitResponse(Response):
    API_KEY, API_VERSION = 8, 8
    topics: Any
    SCHEMA = COMMIT_ANSWER

    def codes(self) -> Iterator[int]:
        """Error codes of each partition."""
        return (code for _, partitions, _ in self.topics or () for _, code, _ in partitions or ())


class OffsetCommitRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 8, 8, True
    RESPONSE_TYPE = OffsetCommitResponse
    SCHEMA = Schema(
        ("group_id", TEXT),
        ("generation_id", Int32),
        ("member_id", TEXT),
        ("group_instance_id", TEXT),
        POSITIONS,
        ("tags", TaggedFields),
    )


def by_topic(tps: Collection[TopicPartition]) -> dict[str, list[int]]:
    """Partitions by topic, in order."""
    topics: dict[str, list[int]] = {}
    for tp in sorted(tps):
        topics.setdefault(tp.topic, []).append(tp.partition)
    return topics


def fetch_offsets(group: str, tps: Collection[TopicPartition], stable: bool = True) -> Fixed:
    """The request for a group's offsets. One with a transaction open on it is answered by 88, or, when it need not be
    `stable`, by the one before."""
    named: Any = [(topic, partitions, {}) for topic, partitions in by_topic(tps).items()]
    return Fixed(OffsetFetchRequest, group, named, stable, {})


def fetched(answer: Any, tps: Collection[TopicPartition]) -> dict[TopicPartition, Position | None]:
    """What an answer without error codes says; None for a partition where the group has committed nothing.

    Raises:
        Unclear: it does not speak of exactly these partitions.
    """
    entries = exactly(_entries(answer), tps, "OffsetFetch")
    found: dict[TopicPartition, Position | None] = {}
    for tp, (_, offset, epoch, text, code, _) in entries.items():
        if code or offset < NOTHING:
            raise Unclear(f"OffsetFetch: {tp} has the offset {offset} and the code {code}")
        found[tp] = None if offset == NOTHING else Position(offset, epoch, text or "")
    return found


def commit_offsets(group: str, member: Membership, offsets: Mapping[TopicPartition, Position]) -> Fixed:
    """The request that commits offsets for a member of the group."""
    return Fixed(OffsetCommitRequest, group, *member, named_offsets(offsets), {})


def named_offsets(offsets: Mapping[TopicPartition, Position]) -> Any:
    """Offsets as OffsetCommit and TxnOffsetCommit carry them."""
    return [
        (topic, [(p, *offsets[TopicPartition(topic, p)], {}) for p in partitions], {})
        for topic, partitions in by_topic(offsets.keys()).items()
    ]


def committed(answer: Any, tps: Collection[TopicPartition]) -> None:
    """Check that an answer without error codes speaks of exactly these partitions.

    Raises:
        Unclear: it does not.
    """
    exactly(_entries(answer), tps, type(answer).__name__)


def _entries(answer: Any) -> Iterator[tuple[TopicPartition, Any]] | None:
    if answer.topics is None or any(partitions is None for _, partitions, _ in answer.topics):
        return None
    return ((TopicPartition(topic, each[0]), each) for topic, partitions, _ in answer.topics for each in partitions)
