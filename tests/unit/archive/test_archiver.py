"""When commits are due; and an ownership that has ended does nothing more, in a way that lets the member go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from tests.support.fleet import until
from tests.unit.archive.test_rows import KINDS, changed, raw
from worker.archive.archiver import SHORT, Archiver
from worker.archive.delta.sink import DeltaSink
from worker.archive.sink import Identity
from worker.export.delta import Store, store_of
from worker.kafka.errors import OutcomeUnknown
from worker.settings.archive import ArchiveSettings

KIND = KINDS["rejections"]
TP = TopicPartition(KIND.topic, 0)


class Reading:
    """Takes rows of about 200 bytes, one after the other."""

    def __init__(self, archiver: Archiver) -> None:
        self._archiver, self._at = archiver, 0
        archiver._tables[TP.topic].load()
        archiver._tables[TP.topic].begin({0: 0})

    async def take(self, rows: int) -> None:
        found = raw(*(changed() for _ in range(rows)), first=self._at)
        await self._archiver.take({TP: [found]}, {TP: (self._at, self._at + rows)})
        self._at += rows


async def test_commits_are_smaller_while_the_archive_catches_up_with_a_store_that_was_away(tmp_path: Path) -> None:
    lake, moved, few, some = tmp_path / "lake", tmp_path / "moved", 10, 120
    settings = ArchiveSettings(url=str(lake), commit_bytes=65_536, commit_interval_ms=3_600_000)
    archiver = Archiver(settings, [DeltaSink(store_of(settings), KIND, Identity("c", "t", "n"))], {TP})
    reading = Reading(archiver)
    await reading.take(some)
    assert 65_536 / SHORT < archiver._bytes() < 65_536
    assert not archiver.due
    lake.rename(moved)
    lake.touch()  # no folder
    commit = asyncio.create_task(archiver.commit())
    await until(lambda: failed(archiver), 20, "an attempt")
    lake.unlink()
    moved.rename(lake)
    await commit
    for rows, due in ((some, True), (some, True), (few, False), (some, False)):
        await reading.take(rows)
        assert archiver.due == due, rows
        await archiver.commit()
    archiver.close()


async def failed(archiver: Archiver) -> bool:
    return not archiver.store_ok


async def test_records_for_an_ownership_that_has_ended_are_left_to_the_next() -> None:
    archiver = Archiver(ArchiveSettings(), [DeltaSink(Store("", {}), KIND, Identity("c", "t", "n"))], {TP})
    archiver.close()
    with pytest.raises(OutcomeUnknown, match="has ended"):
        await archiver.take({TP: []}, {TP: (0, 5)})
