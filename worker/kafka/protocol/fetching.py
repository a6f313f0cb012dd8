"""Fetch requests for a few records, without a consumer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.protocol.fetch import FetchRequest_v4, FetchResponse_v4

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.log_ends import COMMITTED, CONSUMER
from worker.kafka.protocol.strict import exactly

AT_ONCE, ANY = 0, 1  # milliseconds to wait, bytes to wait for
MOST_BYTES = 1_048_576


class Fetched(NamedTuple):
    """A record set as the leader sent it."""

    aborted: list[tuple[int, int]]  # producer id, first offset
    data: bytes


class FetchResponse(FetchResponse_v4):
    topics: Any

    def codes(self) -> Iterator[int]:
        """Return the error code of each partition."""
        return (each[1] for _, partitions in self.topics or () for each in partitions or ())


class FetchRequest(FetchRequest_v4):
    RESPONSE_TYPE = FetchResponse


def fetch(tp: TopicPartition, offset: int) -> Fixed:
    """Build the request for committed records from an offset on."""
    named: Any = [(tp.topic, [(tp.partition, offset, MOST_BYTES)])]
    return Fixed(FetchRequest, CONSUMER, AT_ONCE, ANY, MOST_BYTES, COMMITTED, named)


def fetched(answer: Any, tp: TopicPartition) -> Fetched:
    """Return the records of an answer without an error code.

    Raises:
        Unclear: the answer does not hold exactly this partition.
    """
    topics = answer.topics or ()
    entries = [(TopicPartition(topic, each[0]), each) for topic, partitions in topics for each in partitions or ()]
    *_, aborted, data = exactly(entries, (tp,), "Fetch")[tp]
    return Fetched(aborted or [], data or b"")
