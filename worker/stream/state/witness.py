"""What shows how far a group has come, beside the offset that it has committed.

A committed offset can be gone (deleted, expired after days without a member), old (told by a broker that is cut off
from the others, set back by hand) or set too far by hand. Whatever has been decided behind it would be decided a second
time; whatever has not been decided before it would never be.
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

LOOK_BACK = 20  # offsets before the end of an output that are looked at first; each step takes ten times as many
MOST_BACK = 20_000  # more markers and foreign records in a row than any fleet writes


class Witness(NamedTuple):
    """That a group has worked on a partition, and how far."""

    floor: int  # the committed offset can't be smaller
    next: int  # what to commit in its place
    source: str


class OutputsEnd(NamedTuple):
    """How far a group's outputs of a partition reach."""

    next: int  # the input offset behind the last record that they speak of; 0 where they speak of none
    certain: bool  # no output of a later record can have been there: none was removed behind those that were found


async def outputs_end(leaders: Leaders, settings: Settings, partition: int) -> OutputsEnd:
    """How far the outputs reach. Exactly once they and the offset are committed together.

    Raises:
        KafkaError: they can't be read now.
    """
    names = settings.topics
    marks = Marks(settings.processing.group, names.input, partition)
    topics = (names.output, names.rejections)
    found = await asyncio.gather(*(_last(leaders, TopicPartition(topic, partition), marks) for topic in topics))
    return OutputsEnd(max(last for last, _ in found) + 1, all(certain for _, certain in found))


class Marks:
    """What the headers of a group's outputs tell of the input record."""

    def __init__(self, group: str, topic: str, partition: int) -> None:
        self._source = f"/alphapulse/{group}".encode()
        self._prefix = f"{topic}-{partition}-".encode()

    def offset(self, headers: bytes) -> int:
        """The input offset in the headers of a record as they lie in its batch; -1 for one of somebody else."""
        found = unpacked_headers(headers)
        identity = found.get(b"ce_id", b"")
        ours = found.get(b"ce_source") == self._source and identity.startswith(self._prefix)
        return int(identity[len(self._prefix) :]) if ours else -1


async def _last(leaders: Leaders, tp: TopicPartition, marks: Marks) -> tuple[int, bool]:
    """The input offset of a topic's newest record of the group, -1 without one; whether none can have been newer."""
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
        log.warning("outputs may not be read: they can't show how far the group has come", extra={"topic": tp.topic})
        return -1, False
    return -1, end == 0


async def _newest(leaders: Leaders, tp: TopicPartition, start: int, end: int, marks: Marks) -> int:
    """The highest input offset named by records from `start` to `end`; -1 where none is."""
    found, at = -1, start
    while at < end:
        aborted, data = await leaders.records(tp, at)
        records, following = decode(data, at, aborted, True, tp)
        found = max([found, *(marks.offset(records.headers(row)) for row in range(len(records)))])
        if following <= at:  # before the end there is something: this is another leader, behind the one that told it
            raise Unclear(f"Fetch: {tp} has nothing at {at}, before its end {end}")
        at = following
    return found


def furthest(
    stored: StateRecords, outputs: int, own: int, exactly_once: bool, found: Committed | None = None
) -> Witness | None:
    """Who has seen the group furthest on; None where nobody has seen it beyond what a worker has committed.

    `outputs` is as `outputs_end` tells it, `own` the highest offset that this process has committed, `found` what is
    committed now. At least once the outputs and the state may be ahead of the offset that a worker has committed, also
    of the one that it commits where it begins. Where no worker has, they show that the group has worked, not how far:
    what is to be committed then is where the state resumes, and without one the least that is no contradiction.
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
    """The furthest witness, where what is committed is behind it; else None."""
    witness = furthest(stored, outputs, own, exactly_once, found)
    offset = found.offset if found else 0
    return witness if witness and offset < witness.floor else None
