"""The reader of a state partition, and the check of its owner."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from aiokafka import TopicPartition

from schemas.state import JournalEntry, ReplayFrom, Reset, StateOwner
from worker.errors import ConfigError
from worker.kafka.reader import Reader
from worker.kafka.topics import partitions_changed
from worker.stream.state.records import JOURNAL, OWNER, REPLAY_FROM, RESET, Damaged, symbol_of, unpack_entry

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass
class StateRecords:
    """The newest record of each key, the same before and after compaction."""

    snapshots: dict[bytes, bytes] = field(default_factory=dict)  # key → value
    places: dict[bytes, int] = field(default_factory=dict)  # key of a snapshot → its offset in the state partition
    owner: StateOwner | None = None
    resume: ReplayFrom | None = None
    journal: list[JournalEntry] = field(default_factory=list)
    refused_entries: list[bytes] = field(default_factory=list)  # keys of damaged journal entries
    resets: list[int] = field(default_factory=list)  # ascending input offsets from which all symbols start empty
    size: int = 0  # bytes read

    @property
    def damaged_entries(self) -> int:
        """The number of journal entries that can't be used."""
        return len(self.refused_entries)


async def read_state(reader: Reader, tp: TopicPartition, stop: int | None = None) -> StateRecords:
    """Read the state partition `tp` up to `stop` (exclusive), by default up to its present end.

    Raises:
        Truncated, KafkaTimeoutError: as `Reader.batches`.
    """
    stored = StateRecords()
    own: dict[bytes, bytes | None] = {}
    async for raw in reader.raw(tp, stop=stop):
        records = raw.records()
        places = raw.rows["offset"].tolist()
        for place, key, value in zip(places, records.keys, records.values, strict=True):
            key = key or b""
            stored.size += len(value or b"")
            if key == REPLAY_FROM:
                stored.resume = _later(stored.resume, _decode(value, ReplayFrom))
            elif symbol_of(key) is None:
                own[key] = value
            elif value is None:
                stored.snapshots.pop(key, None)
            else:
                stored.snapshots[key] = value
                stored.places[key] = place
    if not stored.size:
        await reader.may_read(tp)  # else a missing right would only show once there is a state
    stored.owner = _decode(own.get(OWNER), StateOwner)
    for key, value in own.items():
        if key.startswith(JOURNAL) and value is not None:
            _keep_entry(stored, key, value)
        elif key.startswith(RESET) and (reset := _decode(value, Reset)) is not None:
            stored.resets.append(reset.offset)
    stored.resets.sort()
    return stored


def _keep_entry(stored: StateRecords, key: bytes, value: bytes) -> None:
    try:
        stored.journal.append(unpack_entry(key, value))
    except Damaged as damage:
        stored.refused_entries.append(key)
        log.warning("journal entry refused", extra={"key": key.decode(errors="replace"), "cause": str(damage)})


def _later(known: ReplayFrom | None, read: ReplayFrom | None) -> ReplayFrom | None:
    """Return the resume record of the later owner: a former owner may have written last."""
    return known if known and read and read.term < known.term else read


def _decode(value: bytes | None, kind: type[T]) -> T | None:
    try:
        return msgspec.msgpack.decode(value, type=kind) if value is not None else None
    except msgspec.MsgspecError:
        log.warning("unreadable state record", extra={"kind": kind.__name__})
        return None


def check_owner(found: StateOwner | None, own: StateOwner) -> None:
    """Refuse the state of another input or of another partition count.

    Raises:
        ConfigError: with the migration.
    """
    if found is None:
        return
    if (found.group, found.input) != (own.group, own.input):
        raise ConfigError(
            f"the state topic holds the state of group {found.group} on {found.input}",
            "Correct topics.ticks, topics.state and processing.group",
        )
    if found.partitions != own.partitions:
        raise partitions_changed(own.input, found.partitions, own.partitions)
