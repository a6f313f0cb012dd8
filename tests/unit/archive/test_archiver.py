"""An ownership that has ended does nothing more, and says so in a way that lets the member go on."""

from __future__ import annotations

import pytest
from aiokafka import TopicPartition

from tests.unit.archive.test_rows import KINDS
from worker.archive.archiver import Archiver
from worker.archive.delta.sink import DeltaSink
from worker.archive.sink import Identity
from worker.export.delta import Store
from worker.kafka.errors import OutcomeUnknown
from worker.settings.archive import ArchiveSettings


async def test_records_for_an_ownership_that_has_ended_are_left_to_the_next() -> None:
    kind = KINDS["rejections"]
    tp = TopicPartition(kind.topic, 0)
    archiver = Archiver(ArchiveSettings(), [DeltaSink(Store("", {}), kind, Identity("c", "t", "n"))], {tp})
    archiver.close()
    with pytest.raises(OutcomeUnknown, match="has ended"):
        await archiver.take({tp: []}, {tp: (0, 5)})
