"""What shows how far a group has come, beside the offset that it has committed.

A committed offset can be gone (deleted, expired after days without a member) or old (told by a broker that is cut off
from the others, set back by hand). Whatever has been decided behind it would be decided a second time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from aiokafka import TopicPartition

from worker.errors import DataError
from worker.settings import Settings
from worker.stream.reading import Reader
from worker.stream.stored import Stored

LOOK_BACK = 20  # offsets before the end of an output that are looked at first; each step takes ten times as many
MOST_BACK = 20_000  # more markers and foreign records in a row than any fleet writes


class Witness(NamedTuple):
    """That a group has worked on a partition, and how far."""

    floor: int  # the committed offset can't be smaller
    next: int  # what to commit in its place
    source: str


async def outputs_end(options: dict[str, Any], settings: Settings, partition: int) -> int:
    """The input offset behind the last record that the group's outputs of a partition speak of; 0 where they speak of
    none. Exactly once the outputs and the offset are committed together.

    Raises:
        KafkaError: they can't be read.
    """
    names = settings.topics
    source = f"/alphapulse/{settings.processing.group}".encode()
    prefix = f"{names.input}-{partition}-".encode()
    last = -1
    async with Reader(options) as reader:
        for topic in (names.output, names.rejections):
            last = max(last, await _last(reader, TopicPartition(topic, partition), source, prefix))
    return last + 1


async def _last(reader: Reader, tp: TopicPartition, source: bytes, prefix: bytes) -> int:
    first, end = await reader.bounds(tp)
    back = LOOK_BACK
    while end > first:
        start = max(first, end - back)
        found = -1
        async for records in reader.batches(tp, start, end):
            for record in records:
                headers = dict(record.headers)
                identity = headers.get("ce_id") or b""
                if headers.get("ce_source") == source and identity.startswith(prefix):
                    found = max(found, int(identity[len(prefix) :]))
        if found >= 0 or start == first or back >= MOST_BACK:
            return found
        back *= 10
    return -1


def furthest(stored: Stored, outputs: int, own: int, exactly_once: bool) -> Witness | None:
    """Who has seen the group furthest on; None where nobody has seen it at work.

    `outputs` is as `outputs_end` tells it, `own` the highest offset that this process has committed. At least once the
    outputs and the state may be ahead of the committed offset: they show that the group has worked, not how far.
    """
    resume = stored.resume.next if stored.resume else 0
    seen = [
        Witness(own, own, "this process shows"),
        Witness(outputs if exactly_once else min(outputs, 1), outputs if exactly_once else resume, "its outputs show"),
        Witness(resume if exactly_once else min(resume, 1), resume, "its state topic shows"),
        Witness(1 if stored.snapshots else 0, max(resume, 1), "its state topic shows"),
    ]
    best = max(seen)
    return best if best.floor else None


def set_back(settings: Settings, partition: int, offset: int | None, witness: Witness) -> DataError:
    """The error to stop with when the committed offset contradicts a witness."""
    group, topic = settings.processing.group, settings.topics.input
    committed = "no offset" if offset is None else f"offset {offset}"
    return DataError(
        f"the group {group} has committed {committed} of {topic} partition {partition}, but {witness.source} that it "
        f"has come to {witness.next}",
        "Run `alphapulse state offsets` to commit where it has come to; or set state.on_rewind=follow to decide those "
        "records again; or begin with another processing.group",
    )
