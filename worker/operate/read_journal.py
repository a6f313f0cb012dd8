"""Reader of a group's journal, for a backtest of what its workers have decided."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import TopicPartition

from schemas.state import JournalEntry
from worker.backtest.tape import Journal, Tape
from worker.errors import ConfigError, DataError
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Consumed, Reader
from worker.kafka.topics import describe
from worker.settings import Settings
from worker.stream.state.records import JOURNAL, Damaged, unpack_entry


async def read_journal(settings: Settings) -> list[list[JournalEntry]]:
    """Return all entries of each input partition that the state topic of the group still holds, removed ones included.

    Raises:
        ConfigError: the state topic does not exist.
        DataError: an entry is damaged, or older ones of its key are gone.
    """
    topic = settings.state_topic
    async with admin_client(settings.kafka) as admin:
        found = await describe(admin, (topic,))
    if topic not in found:
        raise ConfigError(f"the group has no state: {topic} does not exist", "Check processing.group")
    journal = []
    async with Reader(client_options(settings.kafka)) as reader:
        for partition in range(found[topic].partitions):
            entries: dict[bytes, JournalEntry] = {}
            async for records in reader.batches(TopicPartition(topic, partition)):
                for record in records:
                    if record.key is not None and record.key.startswith(JOURNAL) and record.value is not None:
                        entries[record.key] = _entry(record.key, record.value, partition)
            journal.append(sorted(entries.values(), key=lambda entry: entry.ordinal))
            _check_whole(journal[-1], partition)
    return journal


def _entry(key: bytes, value: bytes, partition: int) -> JournalEntry:
    try:
        return unpack_entry(key, value)
    except Damaged as damage:
        raise DataError(f"the journal of partition {partition} is damaged: {damage}", "Back-test without it") from None


def _check_whole(entries: list[JournalEntry], partition: int) -> None:
    """Refuse a journal that lacks entries: those of a key are numbered from 1."""
    numbers: dict[str, int] = {}
    for entry in entries:
        numbers[entry.key] = numbers.get(entry.key, 0) + 1
        if entry.ordinal != numbers[entry.key]:
            raise DataError(
                f"the journal of partition {partition} has no longer all entries of {entry.key}",
                "Let workers run with control.keep_journal, which removes none",
            )


def joined(tapes: Sequence[Tape], records: Sequence[Consumed], journal: Sequence[Sequence[JournalEntry]]) -> list[Tape]:
    """Return the tapes of records with their offsets and the journals of their partitions.

    Raises:
        ConfigError: a symbol's records lie in several partitions.
    """
    known = {tape.key: tape for tape in tapes}
    for record in records:
        tape = known[record.key]
        if tape.journal is None:
            tape.journal = Journal(record.partition, journal[record.partition])
        elif tape.journal.partition != record.partition and record.key is not None:
            raise ConfigError(
                f"records of {tape.name} lie in several partitions, each with a journal",
                "Back-test without --control",
            )
        tape.offsets.append(record.offset)
    return list(tapes)
