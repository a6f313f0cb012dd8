"""A group's progress by state and outputs, and its commit where offsets are gone or were set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aiokafka import TopicPartition

from worker.errors import TryAgain
from worker.kafka import asking, topics
from worker.kafka.client import client_options
from worker.kafka.group import members
from worker.kafka.identity import TopicIds, recreated, text_of, topic_ids
from worker.kafka.preflight import admin_client
from worker.kafka.protocol.offsets import Position
from worker.kafka.reader import Reader
from worker.kafka.seams.clients import client_of
from worker.settings import Settings
from worker.stream.state import contradiction
from worker.stream.state.checkpoint import Committed
from worker.stream.state.committed import checkpoints
from worker.stream.state.contradiction import LeftOut, left_out
from worker.stream.state.topic import StateRecords, read_state
from worker.stream.state.witness import OutputsEnd, Witness, furthest, outputs_end


@dataclass
class Reached:
    """The progress in one input partition."""

    partition: int
    committed: int | None  # None: nothing committed
    floor: int  # least offset that state and outputs allow
    next: int  # the offset to commit where the present one is contradicted
    shown_by: str
    end: int = 0  # end offset of the input
    by_hand: bool = False  # whether the offset was not committed by a worker
    left_out: int | None = None  # the first record before the committed offset that has no outcome
    certain: bool = True  # False: later outputs may be gone, so `left_out` is only a possibility

    @property
    def behind(self) -> bool:
        """Whether records at or after the committed offset have an outcome already."""
        return (self.committed or 0) < self.floor

    @property
    def beyond(self) -> bool:
        """Whether the committed offset is past the end of the input."""
        return (self.committed or 0) > self.end

    @property
    def ahead(self) -> bool:
        """Whether the committed offset was set too far by hand."""
        beyond = self.beyond and self.by_hand and self.next <= self.end
        return beyond or (self.left_out is not None and self.certain)

    @property
    def contradicted(self) -> bool:
        """Whether `next` should be committed instead."""
        return self.behind or self.ahead

    @property
    def sentence(self) -> str:
        """The finding in words."""
        has = "nothing" if self.committed is None else str(self.committed)
        return f"partition {self.partition}: committed {has}, {self._but()}"

    def _but(self) -> str:
        if self.behind:
            return f"but {self.shown_by} {self.next}"
        if self.ahead and self.beyond:
            return f"but the input ends at {self.end}, and the group has processed up to {self.next}"
        if self.beyond:
            return f"but the input ends at {self.end}: the cluster has lost records that the group has processed"
        if self.left_out is None:
            return "and nothing contradicts it"
        if self.ahead:
            return f"but the group has processed up to {self.next}: the records from {self.left_out} on have no outcome"
        return f"set by hand; it is unknown whether the records from {self.left_out} on have an outcome"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for `--json`."""
        return asdict(self) | {"behind": self.behind, "ahead": self.ahead}


async def reached(settings: Settings) -> list[Reached]:
    """Return the progress in each partition of the input.

    Raises:
        ConfigError: a topic does not exist, or the input was recreated since.
    """
    async with admin_client(settings.kafka) as admin:
        found = await topics.describe(admin, settings.worker_topics)
        topics.check(settings, found)
        partitions = found[settings.topics.input].partitions
        committed = await checkpoints(admin, settings, partitions)
    async with Reader(client_options(settings.kafka)) as reader:
        ids = await topic_ids(reader.leaders, settings.topics.input, settings.state_topic)
        return [await _partition(settings, reader, p, committed.get(p), ids) for p in range(partitions)]


async def _partition(
    settings: Settings, reader: Reader, partition: int, found: Committed | None, ids: TopicIds
) -> Reached:
    tp = TopicPartition(settings.topics.input, partition)
    stored = await read_state(reader, TopicPartition(settings.state_topic, partition))
    if stored.resume and stored.resume.input_id not in ("", text_of(ids.input)):
        raise recreated(tp.topic, settings)
    outputs = await outputs_end(reader.leaders, settings, partition)
    left = await left_out(reader.leaders, tp, found, stored, outputs)
    _, end = await reader.bounds(tp)
    exactly_once = settings.processing.guarantee == "exactly_once"
    return judged(partition, found, stored, outputs, left, end, exactly_once)


def judged(
    partition: int,
    found: Committed | None,
    stored: StateRecords,
    outputs: OutputsEnd,
    left: LeftOut | None,
    end: int,
    exactly_once: bool,
) -> Reached:
    """Judge a partition's committed offset; `left` are the records that it skips, `end` is the input's end offset."""
    by_hand = found is not None and found.by_hand
    witness = furthest(stored, outputs.next, 0, exactly_once, found) or Witness(0, 0, "")
    known = contradiction.reached(stored, outputs)
    # A group without traces of work may begin anywhere in the input, so also at its end.
    to_commit = witness.next if known and witness.floor else min(found.offset, end) if found else 0
    return Reached(
        partition,
        found.offset if found else None,
        witness.floor,
        to_commit,
        witness.source,
        end,
        by_hand,
        left.first if left else None,
        left is None or left.certain,
    )


async def restore(settings: Settings, rows: Sequence[Reached]) -> None:
    """Commit `next` of each row; workers recover the rest from the state topic.

    Raises:
        TryAgain: the group has members.
    """
    group = settings.processing.group
    async with admin_client(settings.kafka) as admin:
        if running := await members(admin, group):
            raise TryAgain(f"the group {group} has {running} members", "Stop its workers first")
        positions = {TopicPartition(settings.topics.input, row.partition): Position(row.next) for row in rows}
        await asking.set_positions(client_of(admin), group, positions)
