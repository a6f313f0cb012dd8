"""Fetch of a few records, outside any consumer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.protocol.fetch import FetchRequest_v11, FetchResponse_v11

from worker.stream.protocol.fixed import Fixed
from worker.stream.protocol.log_ends import COMMITTED, CONSUMER
from worker.stream.protocol.strict import exactly

AT_ONCE, ANY = 0, 1  # milliseconds to wait, bytes to wait for
NO_SESSION, NO_LOG, NO_RACK = (0, -1), -1, ""
MOST_BYTES = 1_048_576


class Fetched(NamedTuple):
    """A record set as the leader sent it."""

    aborted: list[tuple[int, int]]  # producer id, first offset
    data: bytes


class FetchResponse(FetchResponse_v11):
    error_code: int
    topics: Any

    def codes(self) -> Iterator[int]:
        """Error codes of the whole and of each partition."""
        yield self.error_code
        for _, partitions in self.topics or ():
            yield from (each[1] for each in partitions or ())


class FetchRequest(FetchRequest_v11):
    RESPONSE_TYPE = FetchResponse


def fetch(tp: TopicPartition, epoch: int, offset: int) -> Fixed:
    """The request for committed records from an offset on, to the leader of this epoch."""
    named: Any = [(tp.topic, [(tp.partition, epoch, offset, NO_LOG, MOST_BYTES)])]
    return Fixed(FetchRequest, CONSUMER, AT_ONCE, ANY, MOST_BYTES, COMMITTED, *NO_SESSION, named, [], NO_RACK)


def fetched(answer: Any, tp: TopicPartition) -> Fetched:
    """What an answer without an error code holds.

    Raises:
        Unclear: it does not speak of exactly this partition.
    """
    topics = answer.topics or ()
    entries = [(TopicPartition(topic, each[0]), each) for topic, partitions in topics for each in partitions or ()]
    *_, aborted, _, data = exactly(entries, (tp,), "Fetch")[tp]
    return Fetched(aborted or [], data or b"")
