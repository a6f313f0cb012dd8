"""The proof that the archive holds what the topics hold: every committed record is one row, and no row is another."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from aiokafka import TopicPartition
from numpy.typing import NDArray

from worker.archive.preflight import sinks_of
from worker.archive.rows.encoding import Encoder
from worker.archive.rows.kinds import kinds
from worker.archive.sink import Conflict, Kept, Sink, StoreUnavailable
from worker.engine.records.raw import RawRecords
from worker.errors import BrokerUnavailable
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Reader
from worker.kafka.seams.fast.fetching import decoding
from worker.kafka.topics import describe
from worker.settings import Settings

WHERE = {"delta": "archive.url and archive.store", "postgres": "archive.postgres_dsn and the server"}


@dataclass
class PartitionReport:
    """One partition. Offsets that the topic has deleted since can only be checked for repeats."""

    partition: int
    position: int | None  # next offset to archive
    pending: int = 0  # offsets behind it
    records: int = 0  # committed records of the topic before the position
    rows: int = 0
    unreadable: int = 0  # of the rows
    older: int = 0  # rows whose records the topic has deleted
    retired: int = 0  # records whose rows the archive's own retention has deleted
    missing: int = 0
    repeated: int = 0  # rows beyond one for a record
    foreign: int = 0  # rows of no committed record
    example: int | None = None  # an offset of one of these three

    @property
    def faults(self) -> int:
        """Number of missing, repeated and foreign rows."""
        return self.missing + self.repeated + self.foreign


@dataclass
class TableReport:
    """One table."""

    table: str
    topic: str
    partitions: list[PartitionReport] = field(default_factory=list)


@dataclass
class ArchiveReport:
    """The whole archive."""

    tables: list[TableReport]

    @property
    def faults(self) -> int:
        """Number of faults of all tables."""
        return sum(part.faults for table in self.tables for part in table.partitions)

    @property
    def pending(self) -> int:
        """Offsets that are not archived yet."""
        return sum(part.pending for table in self.tables for part in table.partitions)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for `--json`."""
        return {"ok": not self.faults, "faults": self.faults, "pending": self.pending, **asdict(self)}


async def verify(settings: Settings) -> ArchiveReport:
    """Compare all tables with their topics as far as they are archived.

    Raises:
        ConfigError: a table is missing.
        AlphapulseError: topics or tables can't be read.
    """
    tables = kinds(settings)
    sinks = await sinks_of(settings, tables)
    async with admin_client(settings.kafka) as admin:
        found = await describe(admin, tuple(table.topic for table in tables))
    return ArchiveReport([await _table(settings, sink, found[sink.kind.topic].partitions) for sink in sinks])


async def _table(settings: Settings, sink: Sink, partitions: int) -> TableReport:
    try:
        kept = await asyncio.to_thread(sink.look, list(range(partitions)))
    except (StoreUnavailable, Conflict) as away:
        raise BrokerUnavailable(
            f"the store of the archive does not answer: {away}", f"Check {WHERE[settings.archive.sink]}"
        ) from None
    finally:
        sink.close()
    days = settings.archive.retention_days
    cutoff = datetime.now(UTC).date() - timedelta(days) if days else None
    report = TableReport(sink.kind.name, sink.kind.topic)
    async with Reader(client_options(settings.kafka) | decoding(settings.processing.fast_path)) as reader:
        for partition in range(partitions):
            report.partitions.append(await _partition(reader, sink, partition, kept, cutoff))
    return report


async def _partition(reader: Reader, sink: Sink, partition: int, kept: Kept, cutoff: date | None) -> PartitionReport:
    tp, position = TopicPartition(sink.kind.topic, partition), kept.positions[partition]
    first, end = await reader.bounds(tp)
    offsets, counts = np.unique(kept.offsets[partition], return_counts=True)
    report = PartitionReport(partition, position, max(end - max(position or 0, first), 0))
    report.rows, report.unreadable = int(counts.sum()), kept.unreadable[partition]
    report.repeated, report.older = int((counts - 1).sum()), int((offsets < first).sum())
    seen = np.zeros(len(offsets), bool)
    seen[offsets < first] = True
    if report.repeated:
        report.example = int(offsets[counts > 1][0])
    encoder = Encoder(sink.kind)
    if position is not None and position > first:
        async for raw in reader.raw(tp, first, position):
            _compare(report, raw, offsets, seen, encoder, cutoff)
    if not seen.all():
        report.foreign, report.example = int((~seen).sum()), int(offsets[~seen][0])
    return report


def _compare(
    report: PartitionReport,
    raw: RawRecords,
    offsets: NDArray[np.int64],
    seen: NDArray[np.bool_],
    encoder: Encoder,
    cutoff: date | None,
) -> None:
    mine = raw.rows["offset"]
    at = np.searchsorted(offsets, mine)
    here = at < len(offsets)
    here[here] = offsets[at[here]] == mine[here]
    seen[at[here]] = True
    report.records += len(raw)
    lost = raw.where(~here)
    if len(lost) and cutoff is not None:
        retired = _before(encoder, report.partition, lost, cutoff)
        report.retired += int(retired.sum())
        lost = lost.where(~retired)
    if len(lost):
        report.missing += len(lost)
        report.example = int(lost.rows["offset"][0])


def _before(encoder: Encoder, partition: int, raw: RawRecords, cutoff: date) -> NDArray[np.bool_]:
    """Return a flag for each record: whether its row would lie on a date before `cutoff`."""
    old: set[int] = set()
    for rows in encoder.encode(partition, raw):
        dates, offsets = rows.column("date").to_pylist(), rows.column("offset").to_pylist()
        old |= {offset for day, offset in zip(dates, offsets, strict=True) if day < cutoff}
    return np.isin(raw.rows["offset"], list(old))
