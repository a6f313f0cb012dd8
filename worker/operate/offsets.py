"""Where a group has come to, by its own traces; and committing that where its offsets are gone or were set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aiokafka import TopicPartition

from worker.errors import TryAgain
from worker.kafka import asking, topics
from worker.kafka.client import client_options
from worker.kafka.group import members
from worker.kafka.identity import TopicIds, made_anew, text_of, topic_ids
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
    """One input partition."""

    partition: int
    committed: int | None  # None: nothing
    floor: int  # the committed offset can't be smaller
    next: int  # what to commit where it contradicts what is there
    shown_by: str
    end: int = 0  # of the input
    by_hand: bool = False  # whether no worker has committed it
    left_out: int | None = None  # the first record before the committed offset that has no outcome
    certain: bool = True  # False: where later outputs may be gone, what has an outcome can't be told

    @property
    def behind(self) -> bool:
        """Whether records that are decided lie behind the committed offset."""
        return (self.committed or 0) < self.floor

    @property
    def beyond(self) -> bool:
        """Whether it lies behind the end of the input."""
        return (self.committed or 0) > self.end

    @property
    def ahead(self) -> bool:
        """Whether it was set too far by hand."""
        beyond = self.beyond and self.by_hand and self.next <= self.end
        return beyond or (self.left_out is not None and self.certain)

    @property
    def contradicted(self) -> bool:
        """Whether `next` is to be committed in its place."""
        return self.behind or self.ahead

    @property
    def sentence(self) -> str:
        """For people."""
        has = "nothing" if self.committed is None else str(self.committed)
        return f"partition {self.partition}: committed {has}, {self._but()}"

    def _but(self) -> str:
        if self.behind:
            return f"but {self.shown_by} {self.next}"
        if self.ahead and self.beyond:
            return f"but the input ends at {self.end}, and the group has come to {self.next}"
        if self.beyond:
            return f"but the input ends at {self.end}: the cluster has lost records that the group has decided"
        if self.left_out is None:
            return "and nothing contradicts it"
        if self.ahead:
            return f"but the group has come to {self.next}: the records from {self.left_out} on have no outcome"
        return f"set by hand; whether the records from {self.left_out} on have an outcome can't be told"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return asdict(self) | {"behind": self.behind, "ahead": self.ahead}


async def reached(settings: Settings) -> list[Reached]:
    """Each partition of the input.

    Raises:
        ConfigError: a topic does not exist, or the input was made anew since.
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
        raise made_anew(tp.topic, settings)
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
    """What a partition's committed offset is worth, `left` being what it leaves out and `end` that of the input."""
    by_hand = found is not None and found.by_hand
    witness = furthest(stored, outputs.next, 0, exactly_once, found) or Witness(0, 0, "")
    known = contradiction.reached(stored, outputs)
    # A group that nobody has seen at work may begin anywhere in the input, so at its end, too.
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
    """Commit `next` of each row. The state topic tells a worker the rest.

    Raises:
        TryAgain: the group has members.
    """
    group = settings.processing.group
    async with admin_client(settings.kafka) as admin:
        if running := await members(admin, group):
            raise TryAgain(f"the group {group} has {running} members", "Stop its workers first")
        positions = {TopicPartition(settings.topics.input, row.partition): Position(row.next) for row in rows}
        await asking.set_positions(client_of(admin), group, positions)
