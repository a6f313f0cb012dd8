"""Committed offsets that contradict other evidence of a group: the records that they skip, and the errors.

A worker commits an offset with a checkpoint, and only after the records before it have their outcomes. An offset
without one was set by hand, or by `alphapulse state offsets`: the other evidence must agree with it.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from aiokafka import TopicPartition

from worker.errors import DataError
from worker.kafka.leaders import Leaders
from worker.kafka.protocol.strict import Unclear
from worker.kafka.records.decode import decode
from worker.settings import Settings
from worker.stream.state.checkpoint import Committed
from worker.stream.state.topic import StateRecords
from worker.stream.state.witness import OutputsEnd, Witness

SET = "Run `alphapulse state offsets` to commit the offset that it has reached"
ANOTHER = "or begin with another processing.group"


class LeftOut(NamedTuple):
    """Input records before the committed offset that have no outcome."""

    first: int  # offset of the first one
    reached: int  # the progress of the group by all evidence
    certain: bool  # False if later outputs may have been removed, or may not be read


def reached(stored: StateRecords, outputs: OutputsEnd, own: int = 0) -> int:
    """Return the highest input offset in any evidence of the group; 0 without evidence."""
    return max(own, outputs.next, stored.resume.next if stored.resume else 0)


async def left_out(
    leaders: Leaders,
    tp: TopicPartition,
    found: Committed | None,
    stored: StateRecords,
    outputs: OutputsEnd,
    own: int = 0,
) -> LeftOut | None:
    """Return what the committed offset skips; None if nothing.

    A worker's offset skips nothing, nor does that of a group without other evidence: it begins there. Records deleted
    by retention can't be decided any more, so an offset at the start of the log is as right as one before it.

    Raises:
        KafkaError: the input can't be read now.
    """
    come = reached(stored, outputs, own)
    if found is None or not found.by_hand or not come or found.offset <= come:
        return None
    first = await first_record(leaders, tp, come, found.offset)
    return None if first is None else LeftOut(first, come, outputs.certain and outputs.next > 0)


async def first_record(leaders: Leaders, tp: TopicPartition, start: int, stop: int) -> int | None:
    """Return the offset of the first committed record from `start` to `stop` (exclusive), or None.

    Offsets are also taken by transaction markers, aborted records, and records compacted or removed.

    Raises:
        KafkaError: the partition can't be read now.
    """
    first, end = await asyncio.gather(leaders.first(tp), leaders.end(tp))
    at, stop = max(first, start), min(stop, end)
    while at < stop:
        aborted, data = await leaders.records(tp, at)
        records, following = decode(data, at, aborted, True, tp)
        if len(records):
            found = int(records.rows["offset"][0])
            return found if found < stop else None
        if following <= at:  # another leader, behind the one that reported the end
            raise Unclear(f"Fetch: {tp} has nothing at {at}, before its end {stop}")
        at = following
    return None


def set_back(settings: Settings, partition: int, offset: int | None, witness: Witness) -> DataError:
    """Return the error of a committed offset behind a witness."""
    return DataError(
        f"{_committed(settings, partition, offset)}, but {witness.source} that it has reached {witness.next}",
        f"{SET}; or set state.on_rewind=follow to decide those records again; {ANOTHER}",
    )


def set_ahead(settings: Settings, partition: int, offset: int, left: LeftOut) -> DataError:
    """Return the error of a committed offset that skips records."""
    return DataError(
        f"{_committed(settings, partition, offset)}, but it has reached {left.reached}: the records from {left.first} "
        "on have no outcome and would get none",
        f"{SET}; or set state.on_skip=follow to leave those records out; {ANOTHER}",
    )


def beyond_end(settings: Settings, partition: int, offset: int, end: int) -> DataError:
    """Return the error of an offset that was set by hand beyond the end of the input."""
    return DataError(
        f"{_committed(settings, partition, offset)}, which ends at {end}: the offset was set by hand, for nothing else "
        "shows that the group has come so far",
        f"Run `alphapulse state offsets` to commit one that is there; {ANOTHER}",
    )


def truncated(tp: TopicPartition, needed: int, end: int) -> DataError:
    """Return the error of an input that has lost decided records, as by an unclean leader election."""
    return DataError(
        f"{tp.topic} partition {tp.partition} ends at {end}, but the group has decided its records up to {needed}: the "
        "cluster has lost records",
        "Set unclean.leader.election.enable=false and min.insync.replicas=2; publish what is missing again and begin "
        "with another processing.group",
    )


def _committed(settings: Settings, partition: int, offset: int | None) -> str:
    group, topic = settings.processing.group, settings.topics.input
    committed = "no offset" if offset is None else f"offset {offset}"
    return f"the group {group} has committed {committed} of {topic} partition {partition}"
