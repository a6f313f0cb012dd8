"""Requests and answers of transactions: the first versions of Kafka 4's protocol, and those of the former protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.transaction import AddOffsetsToTxnRequest_v0, AddPartitionsToTxnRequest_v0, EndTxnRequest_v0
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
    UnsignedVarInt32,
)

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.offsets import COMMIT_ANSWER, POSITIONS, Membership, Position, named_offsets
from worker.kafka.protocol.types import TEXT
from worker.kafka.seams.fast.requests import Body, Buffer

NO_TAGS = TaggedFields.encode({})
ALL_REPLICAS = -1


class Producer(NamedTuple):
    """Producer id and epoch; never reuse a sequence number under one pair."""

    id: int
    epoch: int


class Answer(Response):
    """A response that lists its error codes."""

    def codes(self) -> Iterator[int]:
        """Yield all of them; 0 means no error."""
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
        return (partition[1] for _, partitions, _ in self.topics or () for partition in partitions or ())


class ProduceRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 0, 12, True
    RESPONSE_TYPE = ProduceResponse
    transactional_id: str
    timeout: int
    batches: Any
    SCHEMA = Schema(("transactional_id", TEXT), ("timeout", Int32), ("batches", CompactArray(Int32)))  # for its names

    def encode(self) -> Any:
        """Encode in parts, so that each batch is copied only once."""
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
    SCHEMA = COMMIT_ANSWER

    def codes(self) -> Iterator[int]:
        return (code for _, partitions, _ in self.topics or () for _, code, _ in partitions or ())


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
        POSITIONS,
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


class FormerProduceResponse(ProduceResponse):
    API_VERSION = 9


class FormerProduceRequest(ProduceRequest):
    """Version 9; the fields of its answer are in the same places."""

    API_VERSION = 9
    RESPONSE_TYPE = FormerProduceResponse


class FormerTxnOffsetCommitResponse(TxnOffsetCommitResponse):
    API_VERSION = 3


class FormerTxnOffsetCommitRequest(TxnOffsetCommitRequest):
    """Version 3, the first with the member."""

    API_VERSION = 3
    RESPONSE_TYPE = FormerTxnOffsetCommitResponse


def produce(transactional_id: str, timeout_ms: int, batches: list[tuple[str, int, Buffer]], former: bool) -> Fixed:
    """Build the request for (topic, partition, batch), at most one per partition; all in-sync replicas acknowledge."""
    return Fixed(FormerProduceRequest if former else ProduceRequest, transactional_id, timeout_ms, batches)


def end_transaction(transactional_id: str, producer: Producer, *, commit: bool, former: bool) -> Fixed:
    """Build the request to commit or abort; in Kafka 4 the answer has the producer's next id and epoch."""
    if former:
        return Fixed(EndTxnRequest_v0, transactional_id, *producer, commit)
    return Fixed(EndTxnRequest, transactional_id, *producer, commit, {})


def commit_offsets(
    transactional_id: str,
    group: str,
    producer: Producer,
    member: Membership,
    offsets: Mapping[TopicPartition, Position],
    former: bool,
) -> Fixed:
    """Build the request that adds a group's offsets to a transaction, for a member of the group."""
    kind = FormerTxnOffsetCommitRequest if former else TxnOffsetCommitRequest
    return Fixed(kind, transactional_id, group, *producer, *member, named_offsets(offsets), {})


def announce_partition(transactional_id: str, producer: Producer, tp: TopicPartition) -> Fixed:
    """Build the former protocol's announcement of a partition to write to."""
    return Fixed(AddPartitionsToTxnRequest_v0, transactional_id, *producer, [(tp.topic, [tp.partition])])


def partition_announced(answer: Any) -> list[tuple[TopicPartition, int]]:
    """Return the answer's partitions with their error codes."""
    topics = answer.errors or ()
    return [(TopicPartition(topic, p), code) for topic, partitions in topics for p, code in partitions or ()]


def announce_offsets(transactional_id: str, producer: Producer, group: str) -> Fixed:
    """Build the former protocol's announcement of offsets to commit."""
    return Fixed(AddOffsetsToTxnRequest_v0, transactional_id, *producer, group)
