"""ListOffsets and OffsetForLeaderEpoch with the leader's epoch, which a former leader refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import Array, CompactArray, Int8, Int16, Int32, Int64, Schema, TaggedFields

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.strict import Unclear, exactly
from worker.kafka.protocol.types import OLD_TEXT, TEXT

FIRST, LAST = -2, -1  # as a timestamp: earliest, latest
CONSUMER = -1  # as a replica id
COMMITTED, UNCOMMITTED = 1, 0  # isolation level


class ListOffsetsResponse(Response):
    API_KEY, API_VERSION = 2, 5
    topics: Any
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            Array(
                ("topic", OLD_TEXT),
                (
                    "partitions",
                    Array(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("timestamp", Int64),
                        ("offset", Int64),
                        ("leader_epoch", Int32),
                    ),
                ),
            ),
        ),
    )

    def codes(self) -> Iterator[int]:
        """Return the error code of each partition."""
        return (each[1] for _, partitions in self.topics or () for each in partitions or ())


class ListOffsetsRequest(RequestStruct):
    API_KEY, API_VERSION = 2, 5
    RESPONSE_TYPE = ListOffsetsResponse
    SCHEMA = Schema(
        ("replica", Int32),
        ("isolation", Int8),
        (
            "topics",
            Array(
                ("topic", OLD_TEXT),
                ("partitions", Array(("partition", Int32), ("leader_epoch", Int32), ("timestamp", Int64))),
            ),
        ),
    )


class EpochEndResponse(Response):
    API_KEY, API_VERSION = 23, 4
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
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader_epoch", Int32),
                        ("end_offset", Int64),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )

    def codes(self) -> Iterator[int]:
        """Return the error code of each partition."""
        return (each[0] for _, partitions, _ in self.topics or () for each in partitions or ())


class EpochEndRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 23, 4, True
    RESPONSE_TYPE = EpochEndResponse
    SCHEMA = Schema(
        ("replica", Int32),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("current_leader_epoch", Int32),
                        ("leader_epoch", Int32),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


def log_end(tp: TopicPartition, epoch: int, timestamp: int, isolation: int = COMMITTED) -> Fixed:
    """Build the request for a partition's first or end offset, or that of a time, to the leader of this epoch."""
    named: Any = [(tp.topic, [(tp.partition, epoch, timestamp)])]
    return Fixed(ListOffsetsRequest, CONSUMER, isolation, named)


def end_found(answer: Any, tp: TopicPartition) -> int:
    """Return the offset in an answer without an error code.

    Raises:
        Unclear: the answer does not hold exactly this partition, or no offset.
    """
    offset = _told(answer, tp).offset
    if offset < 0:
        raise Unclear(f"ListOffsets: {tp} has the offset {offset}")
    return offset


class AtTime(NamedTuple):
    """The first offset of a time, and what time is there, epoch ms."""

    offset: int
    timestamp: int


def time_found(answer: Any, tp: TopicPartition) -> AtTime | None:
    """Return the offset of a time in an answer without an error code; None where no record is as late.

    Raises:
        Unclear: the answer does not hold exactly this partition.
    """
    found = _told(answer, tp)
    return None if found.offset < 0 else found


def _told(answer: Any, tp: TopicPartition) -> AtTime:
    topics = answer.topics or ()
    entries = [(TopicPartition(topic, each[0]), each) for topic, partitions in topics for each in partitions or ()]
    told = exactly(entries, (tp,), "ListOffsets")[tp]
    return AtTime(int(told[3]), int(told[2]))


def epoch_end(tp: TopicPartition, current: int, epoch: int) -> Fixed:
    """Build the request for the end offset of a leader epoch, to the leader of the `current` epoch."""
    named: Any = [(tp.topic, [(tp.partition, current, epoch, {})], {})]
    return Fixed(EpochEndRequest, CONSUMER, named, {})


def epoch_end_found(answer: Any, tp: TopicPartition) -> int:
    """Return the end offset in an answer without an error code; -1 where the leader does not know the epoch.

    Raises:
        Unclear: the answer does not hold exactly this partition.
    """
    topics = answer.topics or ()
    entries = [(TopicPartition(topic, each[1]), each) for topic, partitions, _ in topics for each in partitions or ()]
    return int(exactly(entries, (tp,), "OffsetForLeaderEpoch")[tp][3])
