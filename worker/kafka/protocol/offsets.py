"""OffsetFetch and OffsetCommit in the first versions that have all fields a worker needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, Int16, Int32, Int64, Schema, TaggedFields

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.strict import Unclear, exactly
from worker.kafka.protocol.types import TEXT

NOTHING = -1  # as an offset: the group has committed nothing
NO_EPOCH = -1


# OffsetCommit and TxnOffsetCommit carry offsets in the same form, and their answers have the same form.
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
    """A committed position of a partition, or one to commit."""

    offset: int
    epoch: int = NO_EPOCH  # leader epoch of the record before; -1 = unknown
    text: str = ""


class Membership(NamedTuple):
    """The committing member of the group, in one generation."""

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
        """Yield the error code of the whole answer, then that of each partition."""
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
        """Return the error code of each partition."""
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
    """Group sorted partitions by topic."""
    topics: dict[str, list[int]] = {}
    for tp in sorted(tps):
        topics.setdefault(tp.topic, []).append(tp.partition)
    return topics


def fetch_offsets(group: str, tps: Collection[TopicPartition], stable: bool = True) -> Fixed:
    """Build the request for a group's offsets.

    For a partition with an open transaction the answer is code 88 (UNSTABLE_OFFSET_COMMIT), or without `stable` the
    offset before that transaction.
    """
    named: Any = [(topic, partitions, {}) for topic, partitions in by_topic(tps).items()]
    return Fixed(OffsetFetchRequest, group, named, stable, {})


def fetched(answer: Any, tps: Collection[TopicPartition]) -> dict[TopicPartition, Position | None]:
    """Return the positions in an answer without error codes; None where the group has committed nothing.

    Raises:
        Unclear: the answer does not hold exactly these partitions, or has an invalid offset.
    """
    entries = exactly(_entries(answer), tps, "OffsetFetch")
    found: dict[TopicPartition, Position | None] = {}
    for tp, (_, offset, epoch, text, code, _) in entries.items():
        if code or offset < NOTHING:
            raise Unclear(f"OffsetFetch: {tp} has the offset {offset} and the code {code}")
        found[tp] = None if offset == NOTHING else Position(offset, epoch, text or "")
    return found


def commit_offsets(group: str, member: Membership, offsets: Mapping[TopicPartition, Position]) -> Fixed:
    """Build the request that commits offsets for a member of the group."""
    return Fixed(OffsetCommitRequest, group, *member, named_offsets(offsets), {})


def named_offsets(offsets: Mapping[TopicPartition, Position]) -> Any:
    """Return offsets in the form of OffsetCommit and TxnOffsetCommit."""
    return [
        (topic, [(p, *offsets[TopicPartition(topic, p)], {}) for p in partitions], {})
        for topic, partitions in by_topic(offsets.keys()).items()
    ]


def committed(answer: Any, tps: Collection[TopicPartition]) -> None:
    """Check that an answer without error codes holds exactly these partitions.

    Raises:
        Unclear: it does not.
    """
    exactly(_entries(answer), tps, type(answer).__name__)


def _entries(answer: Any) -> Iterator[tuple[TopicPartition, Any]] | None:
    if answer.topics is None or any(partitions is None for _, partitions, _ in answer.topics):
        return None
    return ((TopicPartition(topic, each[0]), each) for topic, partitions, _ in answer.topics for each in partitions)
