"""Witnesses of a group's progress, beside its committed offset.

A committed offset can be lost (deleted, or expired after days without a member), stale (read from a broker that is cut
off from the others, or set back by hand) or set too far by hand. Records decided after it would be decided twice;
records not decided before it would never be.
"""

from __future__ import annotations

import asyncio
import logging
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from worker.kafka.leaders import Leaders
from worker.kafka.protocol.strict import Unclear
from worker.kafka.records.decode import decode
from worker.settings import Settings
from worker.stream.state.checkpoint import Committed
from worker.stream.state.topic import StateRecords
from worker.wire.plain import unpacked_headers

log = logging.getLogger(__name__)

LOOK_BACK = 20  # offsets before the end of an output topic that are read first; each step reads ten times as many
MOST_BACK = 20_000  # more consecutive markers and foreign records than any fleet writes


class Witness(NamedTuple):
    """The evidence that a group has processed a partition, and how far."""

    floor: int  # the least possible committed offset
    next: int  # the offset to commit instead
    source: str


class OutputsEnd(NamedTuple):
    """The end of a group's outputs for a partition."""

    next: int  # the input offset after the last record with an output; 0 if there is none
    certain: bool  # whether no output of a later record can have been removed


async def outputs_end(leaders: Leaders, settings: Settings, partition: int) -> OutputsEnd:
    """Return how far the outputs reach; under exactly_once they are committed together with the offset.

    Raises:
        KafkaError: the outputs can't be read now.
    """
    names = settings.topics
    marks = Marks(settings.processing.group, names.input, partition)
    topics = (names.output, names.rejections)
    found = await asyncio.gather(*(_last(leaders, TopicPartition(topic, partition), marks) for topic in topics))
    return OutputsEnd(max(last for last, _ in found) + 1, all(certain for _, certain in found))


class Marks:
    """The parser of the input offset in the headers of a group's outputs."""

    def __init__(self, group: str, topic: str, partition: int) -> None:
        self._source = f"/alphapulse/{group}".encode()
        self._prefix = f"{topic}-{partition}-".encode()

    def offset(self, headers: bytes) -> int:
        """Return the input offset in a record's encoded headers; -1 for a foreign record."""
        found = unpacked_headers(headers)
        identity = found.get(b"ce_id", b"")
        ours = found.get(b"ce_source") == self._source and identity.startswith(self._prefix)
        return int(identity[len(self._prefix) :]) if ours else -1


async def _last(leaders: Leaders, tp: TopicPartition, marks: Marks) -> tuple[int, bool]:
    """Return the input offset of the group's newest record in a topic, or -1, and whether none can have been newer."""
    try:
        first, end = await asyncio.gather(leaders.first(tp), leaders.end(tp))
        back = LOOK_BACK
        while end > first:
            start = max(first, end - back)
            found = await _newest(leaders, tp, start, end, marks)
            if found >= 0:
                return found, True
            if start == first or back >= MOST_BACK:
                return -1, start == 0
            back *= 10
    except TopicAuthorizationFailedError:
        log.warning(
            "outputs may not be read: they can't show which offset the group has reached", extra={"topic": tp.topic}
        )
        return -1, False
    return -1, end == 0


async def _newest(leaders: Leaders, tp: TopicPartition, start: int, end: int, marks: Marks) -> int:
    """Return the highest input offset named by records from `start` to `end`; -1 if there is none."""
    found, at = -1, start
    while at < end:
        aborted, data = await leaders.records(tp, at)
        records, following = decode(data, at, aborted, True, tp)
        found = max([found, *(marks.offset(records.headers(row)) for row in range(len(records)))])
        if following <= at:  # another leader, behind the one that reported the end
            raise Unclear(f"Fetch: {tp} has nothing at {at}, before its end {end}")
        at = following
    return found


def furthest(
    stored: StateRecords, outputs: int, own: int, exactly_once: bool, found: Committed | None = None
) -> Witness | None:
    """Return the furthest witness; None if none is beyond a worker's commit.

    `outputs` is the result of `outputs_end`, `own` the highest offset that this process has committed, `found` the
    present commit. Under at_least_once outputs and state may be ahead of a worker's commit, even of its first one. If
    no worker has committed, they show that the group has worked, not how far: the offset to commit is then where the
    state resumes, and without a state the least one without a contradiction.
    """
    by_hand = found is not None and found.by_hand
    if not exactly_once and found is not None and not by_hand:
        return Witness(own, own, "this process shows") if own else None
    resume = stored.resume.next if stored.resume else 0
    least = max(resume, 1)
    resumed = resume if exactly_once or by_hand else min(resume, 1)
    seen = [
        Witness(own, own, "this process shows"),
        Witness(outputs if exactly_once else min(outputs, 1), outputs if exactly_once else least, "its outputs show"),
        Witness(resumed, resume, "its state topic shows"),
        Witness(1 if stored.snapshots else 0, least, "its state topic shows"),
    ]
    best = max(seen)
    return best if best.floor else None


def contradicting(
    stored: StateRecords, outputs: int, own: int, exactly_once: bool, found: Committed | None
) -> Witness | None:
    """Return the furthest witness if the committed offset is behind it, else None."""
    witness = furthest(stored, outputs, own, exactly_once, found)
    offset = found.offset if found else 0
    return witness if witness and offset < witness.floor else None
