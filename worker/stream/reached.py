"""Where a group has come to, by its own traces; and committing that where its offsets are gone or set back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aiokafka import TopicPartition

from worker.errors import TryAgain
from worker.settings import Settings
from worker.stream import asking, topics
from worker.stream.client import client_options
from worker.stream.group import checkpoints, members
from worker.stream.identity import made_anew, text_of, topic_ids
from worker.stream.preflight import admin_client
from worker.stream.protocol.offsets import Position
from worker.stream.reading import Reader
from worker.stream.seams.clients import client_of
from worker.stream.stored import read_state
from worker.stream.witness import furthest, outputs_end


@dataclass
class Reached:
    """One input partition."""

    partition: int
    committed: int | None  # None: nothing
    floor: int  # the committed offset can't be smaller
    next: int  # what to commit where it is
    shown_by: str

    @property
    def behind(self) -> bool:
        """Whether the committed offset contradicts what is there."""
        return (self.committed or 0) < self.floor

    @property
    def sentence(self) -> str:
        """For people."""
        has = "nothing" if self.committed is None else str(self.committed)
        if not self.behind:
            return f"partition {self.partition}: committed {has}, and nothing contradicts it"
        return f"partition {self.partition}: committed {has}, but {self.shown_by} {self.next}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return asdict(self) | {"behind": self.behind}


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
    options = client_options(settings.kafka)
    exactly_once = settings.processing.guarantee == "exactly_once"
    rows = []
    async with Reader(options) as reader:
        ids = await topic_ids(reader.leaders, settings.topics.input, settings.state_topic)
        for partition in range(partitions):
            stored = await read_state(reader, TopicPartition(settings.state_topic, partition))
            if stored.resume and stored.resume.input_id not in ("", text_of(ids.input)):
                raise made_anew(settings.topics.input)
            outputs = await outputs_end(reader.leaders, settings, partition)
            witness = furthest(stored, outputs, 0, exactly_once)
            has = committed[partition].offset if partition in committed else None
            told = (witness.floor, witness.next, witness.source) if witness else (0, 0, "")
            rows.append(Reached(partition, has, *told))
    return rows


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
