"""Committed offsets that contradict what else is known of a group: what they leave out, and the sentences for them.

A worker commits an offset together with a checkpoint, and only once the records before it have their outcomes. One that
stands alone was set by hand, or by `alphapulse state offsets`: what else is known of the group must agree with it.
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

SET = "Run `alphapulse state offsets` to commit where it has come to"
ANOTHER = "or begin with another processing.group"


class LeftOut(NamedTuple):
    """Input records before the committed offset that have no outcome."""

    first: int  # the offset of the first of them
    reached: int  # where the group has come to by all that is known of it
    certain: bool  # False where later outputs may have been there, but are gone or may not be read


def reached(stored: StateRecords, outputs: OutputsEnd, own: int = 0) -> int:
    """The highest input offset that anything of the group speaks of; 0 where nothing does."""
    return max(own, outputs.next, stored.resume.next if stored.resume else 0)


async def left_out(
    leaders: Leaders,
    tp: TopicPartition,
    found: Committed | None,
    stored: StateRecords,
    outputs: OutputsEnd,
    own: int = 0,
) -> LeftOut | None:
    """What the committed offset leaves out; None where that is nothing.

    An offset of ours leaves nothing out, nor does one of a group that nobody has seen at work: it begins there. What
    retention has removed nobody can decide any more, so an offset where the log begins is as right as one before it.

    Raises:
        KafkaError: the input can't be read now.
    """
    come = reached(stored, outputs, own)
    if found is None or not found.by_hand or not come or found.offset <= come:
        return None
    first = await first_record(leaders, tp, come, found.offset)
    return None if first is None else LeftOut(first, come, outputs.certain and outputs.next > 0)


async def first_record(leaders: Leaders, tp: TopicPartition, start: int, stop: int) -> int | None:
    """The offset of the first committed record from `start` to `stop` (exclusive). None where there is none: markers of
    transactions, records of aborted ones and what was compacted or removed take offsets, too.

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
        if following <= at:  # before the end there is something: this is another leader, behind the one that told it
            raise Unclear(f"Fetch: {tp} has nothing at {at}, before its end {stop}")
        at = following
    return None


def set_back(settings: Settings, partition: int, offset: int | None, witness: Witness) -> DataError:
    """The error to stop with when the committed offset is behind what a witness shows."""
    return DataError(
        f"{_committed(settings, partition, offset)}, but {witness.source} that it has come to {witness.next}",
        f"{SET}; or set state.on_rewind=follow to decide those records again; {ANOTHER}",
    )


def set_ahead(settings: Settings, partition: int, offset: int, left: LeftOut) -> DataError:
    """The error to stop with when the committed offset leaves records out."""
    return DataError(
        f"{_committed(settings, partition, offset)}, but it has come to {left.reached}: the records from {left.first} "
        "on have no outcome and would get none",
        f"{SET}; or set state.on_skip=follow to leave those records out; {ANOTHER}",
    )


def beyond_end(settings: Settings, partition: int, offset: int, end: int) -> DataError:
    """The error to stop with when an offset that was set by hand lies behind the end of the input."""
    return DataError(
        f"{_committed(settings, partition, offset)}, which ends at {end}: the offset was set by hand, for nothing else "
        "shows that the group has come so far",
        f"Run `alphapulse state offsets` to commit one that is there; {ANOTHER}",
    )


def truncated(tp: TopicPartition, needed: int, end: int) -> DataError:
    """The error to stop with when the input has lost records that were decided: an election of a broker that was behind
    the others does that."""
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
