"""Seam: refused fetches back off, and an incomplete answer is an error.

aiokafka repeats a refused fetch as fast as brokers answer, and its fetch task dies of an answer that lacks a partition
or has one that was not requested. Here a refused partition backs off while the others of its broker continue.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import (
    CorruptRecordException,
    KafkaError,
    NotLeaderForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
    UnsupportedForMessageFormatError,
    for_code,
)

from worker.kafka.backoff import BackOff, Rarely
from worker.kafka.seams.rounds import AnyTime

log = logging.getLogger(__name__)

FETCH, LIST_OFFSETS = 1, 2
DAMAGED = 3  # "corrupt message" answers before the error is raised
# Codes that getmany raises; the answer is passed on to it.
RAISED = (OffsetOutOfRangeError.errno, TopicAuthorizationFailedError.errno)
LACKING, UNREACHABLE = "the answer lacks it", "no answer"
ANY_TIME = AnyTime()
BACKING_OFF = object()  # stands for the node of a partition that backs off; aiokafka sees a request to it in flight

_init, _actions, _replica = Fetcher.__init__, Fetcher._get_actions_per_node, Fetcher._select_read_replica


class Pace:
    """The partitions of one fetcher that back off, and until when."""

    def __init__(self) -> None:
        self._backoffs: dict[TopicPartition, BackOff] = {}
        self._until: dict[TopicPartition, float] = {}
        self._damaged: dict[TopicPartition, int] = {}
        self._rarely = Rarely()

    def backs_off(self, tp: TopicPartition) -> bool:
        """Return whether the partition must not be fetched now."""
        return self._until.get(tp, 0.0) > time.monotonic()

    def patience(self) -> float:
        """Return the seconds until the next partition is due."""
        now = time.monotonic()
        return min((until - now for until in self._until.values() if until > now), default=float("inf"))

    def refused(self, tp: TopicPartition, why: object) -> None:
        """Start or extend the back-off of a partition."""
        if self._rarely.due((tp, why)):
            told = {"topic": tp.topic, "partition": tp.partition, "code": why}
            log.warning("a fetch is refused", extra=told)
        self._until[tp] = time.monotonic() + self._backoffs.setdefault(tp, BackOff()).next()

    def damaged(self, tp: TopicPartition) -> bool:
        """Count a "corrupt message" answer; return whether there were too many."""
        self._damaged[tp] = self._damaged.get(tp, 0) + 1
        return self._damaged[tp] >= DAMAGED

    def answered(self, tp: TopicPartition) -> None:
        """End the back-off of a partition."""
        if self._backoffs.pop(tp, None):
            self._until.pop(tp, None)
            self._damaged.pop(tp, None)
            self._rarely = Rarely()


class PacedClient:
    """A fetcher's client that checks answers and lets refused partitions back off."""

    def __init__(self, fetcher: Any, client: Any, pace: Pace) -> None:
        self._fetcher, self._inner, self._pace = fetcher, client, pace

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, node_id: Any, request: Any, **options: Any) -> Any:
        """Send like `AIOKafkaClient.send`.

        Raises:
            KafkaError: also if the answer to ListOffsets lacks the offset of a requested partition.
        """
        if request.API_KEY == LIST_OFFSETS:
            return self._offsets(_asked(request), await self._inner.send(node_id, request, **options))
        if request.API_KEY != FETCH:
            return await self._inner.send(node_id, request, **options)
        await self._fetcher._rounds.turn(node_id)
        try:
            answer = await self._inner.send(node_id, request, **options)
        except KafkaError:
            for tp in _asked(request):
                self._pace.refused(tp, UNREACHABLE)
            raise
        self._fetched(_asked(request), answer)
        return answer

    def _fetched(self, asked: set[TopicPartition], answer: Any) -> None:
        """Back off refused partitions, and remove entries that were not requested."""
        told = _rows(answer.topics)
        answer.topics = [(tp.topic, [row]) for tp, row in told.items() if tp in asked and row[1] == 0]
        refused = {tp: (told[tp][1] if tp in told else answer_code(answer) or LACKING) for tp in asked}
        if top := answer_code(answer):
            refused, answer.topics = dict.fromkeys(asked, top), []
        for tp, code in refused.items():
            if code == 0:
                self._pace.answered(tp)
                continue
            self._pace.refused(tp, code)
            self._fetcher._preferred_read_replica.pop(tp, None)
            if code in RAISED:
                answer.topics.append((tp.topic, [told[tp]]))
            elif code == CorruptRecordException.errno and self._pace.damaged(tp):
                self._raise_damaged(tp)
            else:
                self._inner.force_metadata_update()

    def _raise_damaged(self, tp: TopicPartition) -> None:
        if tp not in self._fetcher._records:
            self._fetcher._set_error(tp, CorruptRecordException(f"{tp.topic} partition {tp.partition}"))

    def _offsets(self, asked: set[TopicPartition], answer: Any) -> Any:
        told = _rows(answer.topics)
        for tp in asked:
            code = told[tp][1] if tp in told else None
            if code == TopicAuthorizationFailedError.errno:
                raise TopicAuthorizationFailedError(tp.topic)
            if code not in (0, UnsupportedForMessageFormatError.errno):
                self._inner.force_metadata_update()
                said = LACKING if code is None else f"error {code} {for_code(code).__name__}"
                raise NotLeaderForPartitionError(f"no offset of {tp.topic} partition {tp.partition}: {said}")
        answer.topics = [(tp.topic, [row]) for tp, row in told.items() if tp in asked]
        return answer


def answer_code(answer: Any) -> int:
    """Return the error code of a whole answer; old versions have none."""
    return int(getattr(answer, "error_code", 0))


def _asked(request: Any) -> set[TopicPartition]:
    return {TopicPartition(topic, row[0]) for topic, rows in request._topics for row in rows}


def _rows(topics: Iterable[Any] | None) -> dict[TopicPartition, Any]:
    return {TopicPartition(topic, row[0]): row for topic, rows in topics or () for row in rows or ()}


def init(self: Any, client: Any, *args: Any, **options: Any) -> None:
    """Replace `Fetcher.__init__`: add the pace and its client."""
    _init(self, client, *args, **options)
    self._pace, self._rounds = Pace(), ANY_TIME
    self._client = PacedClient(self, client, self._pace)
    self._in_flight.add(BACKING_OFF)


def select_read_replica(self: Any, tp: TopicPartition) -> Any:
    """Replace `Fetcher._select_read_replica`: no real node while the partition backs off."""
    return BACKING_OFF if self._pace.backs_off(tp) else _replica(self, tp)


def get_actions_per_node(self: Any, assignment: Any) -> Any:
    """Replace `Fetcher._get_actions_per_node`: wake the fetcher when the next partition is due."""
    fetches, resets, seconds, *rest = _actions(self, assignment)
    return fetches, resets, min(seconds, self._pace.patience()), *rest


def install() -> None:
    """Patch every consumer."""
    fetcher: Any = Fetcher
    fetcher.__init__, fetcher._select_read_replica = init, select_read_replica
    fetcher._get_actions_per_node = get_actions_per_node
