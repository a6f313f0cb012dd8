"""The requests of a transaction and their answers, in the first versions that belong to transactions of Kafka 4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
    UnsignedVarInt32,
)
from aiokafka.structs import OffsetAndMetadata

from worker.stream.seams.requests import Body, Buffer
from worker.stream.transactions.fixed import Fixed

TEXT = CompactString("utf-8")
NO_TAGS = TaggedFields.encode({})
ALL_REPLICAS = -1
NO_GENERATION, NO_EPOCH = -1, -1  # not a member's commit, and no epoch of a leader: the producer's epoch fences


class Producer(NamedTuple):
    """Whom the broker knows a producer as; a number of both must never come twice."""

    id: int
    epoch: int


class Answer(Response):
    """A response that tells its error codes."""

    def codes(self) -> Iterator[int]:
        """All of them; 0 is none."""
        raise NotImplementedError


class ProduceResponse(Answer):
    API_KEY, API_VERSION = 0, 12
    topics: Any
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("base_offset", Int64),
                        ("log_append_time_ms", Int64),
                        ("log_start_offset", Int64),
                        (
                            "record_errors",
                            CompactArray(("batch_index", Int32), ("error_message", TEXT), ("tags", TaggedFields)),
                        ),
                        ("error_message", TEXT),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("throttle_time_ms", Int32),
        ("tags", TaggedFields),
    )

    def codes(self) -> Iterator[int]:
        return (partition[1] for _, partitions, _ in self.topics for partition in partitions)


class ProduceRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 0, 12, True
    RESPONSE_TYPE = ProduceResponse
    transactional_id: str
    timeout: int
    batches: Any
    SCHEMA = Schema(("transactional_id", TEXT), ("timeout", Int32), ("batches", CompactArray(Int32)))  # for its names

    def encode(self) -> Any:
        """In parts, so that the batches are copied once, into what is sent."""
        return Body(self._parts())

    def _parts(self) -> Iterator[Buffer]:
        yield TEXT.encode(self.transactional_id) + Int16.encode(ALL_REPLICAS) + Int32.encode(self.timeout)
        yield _length(self.batches)
        for topic, partition, batch in self.batches:
            yield TEXT.encode(topic) + _length((partition,)) + Int32.encode(partition) + _length(batch)
            yield batch
            yield NO_TAGS + NO_TAGS  # of the partition and of the topic
        yield NO_TAGS


def _length(items: Any) -> bytes:
    return UnsignedVarInt32.encode(len(items) + 1)


class TxnOffsetCommitResponse(Answer):
    API_KEY, API_VERSION = 28, 5
    topics: Any
    SCHEMA = Schema(
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

    def codes(self) -> Iterator[int]:
        return (code for _, partitions, _ in self.topics for _, code, _ in partitions)


class TxnOffsetCommitRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 28, 5, True
    RESPONSE_TYPE = TxnOffsetCommitResponse
    SCHEMA = Schema(
        ("transactional_id", TEXT),
        ("group_id", TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("generation_id", Int32),
        ("member_id", TEXT),
        ("group_instance_id", TEXT),
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
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class EndTxnResponse(Answer):
    API_KEY, API_VERSION = 26, 5
    error_code: int
    producer_id: int
    producer_epoch: int
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("tags", TaggedFields),
    )

    def codes(self) -> Iterator[int]:
        yield self.error_code


class EndTxnRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 26, 5, True
    RESPONSE_TYPE = EndTxnResponse
    SCHEMA = Schema(
        ("transactional_id", TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("committed", Boolean),
        ("tags", TaggedFields),
    )


def produce(transactional_id: str, timeout_ms: int, batches: list[tuple[str, int, Buffer]]) -> Fixed:
    """Batches with their topics and partitions, at most one of each partition; all replicas acknowledge them."""
    return Fixed(ProduceRequest, transactional_id, timeout_ms, batches)


def end_transaction(transactional_id: str, producer: Producer, *, commit: bool) -> Fixed:
    """Commit, or else abort; the answer tells whom the broker knows the producer as from now on."""
    return Fixed(EndTxnRequest, transactional_id, *producer, commit, {})


def commit_offsets(
    transactional_id: str, group: str, producer: Producer, offsets: Mapping[TopicPartition, OffsetAndMetadata]
) -> Fixed:
    """The request that puts a group's offsets into a transaction."""
    topics: dict[str, list[tuple[Any, ...]]] = {}
    for tp, at in offsets.items():
        topics.setdefault(tp.topic, []).append((tp.partition, at.offset, NO_EPOCH, at.metadata, {}))
    named: Any = [(topic, partitions, {}) for topic, partitions in topics.items()]
    return Fixed(TxnOffsetCommitRequest, transactional_id, group, *producer, NO_GENERATION, "", None, named, {})
