"""The export of a topic, or of files of lines, to a table file, a batch at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from worker.export.batches import ROWS, Batches, Item
from worker.export.lines import read_lines
from worker.export.topic import read_topic
from worker.export.wanted import Wanted
from worker.export.write import Writer, writing
from worker.settings import KafkaSettings


def export_files(out: Path, kind: str, paths: Iterable[Path], rejected: bool, which: Wanted) -> int:
    """Write the wanted records of files, in their order, and return the number of rows."""
    batches, rows = Batches(rejected), 0
    with writing(out, kind, batches.schema) as writer:
        for path in paths:
            for batch in batches.batches(item for item in read_lines(path, rejected) if which(item)):
                writer.write_batch(batch)
                rows += len(batch)
    return rows


async def export_topic(out: Path, kind: str, kafka: KafkaSettings, topic: str, rejected: bool, which: Wanted) -> int:
    """Write a topic's wanted records, by partition in order of offsets, and return the number of rows."""
    batches = Batches(rejected)
    with writing(out, kind, batches.schema) as writer:
        return await _write(read_topic(kafka, topic, rejected, which.since), which, batches, writer)


async def _write(items: AsyncIterator[Item], which: Wanted, batches: Batches, writer: Writer) -> int:
    rows, waiting = 0, list[Item]()
    async for item in items:
        if which(item):
            waiting.append(item)
        if len(waiting) == ROWS:
            writer.write_batch(batches.batch(waiting))
            rows, waiting = rows + ROWS, []
    if waiting:
        writer.write_batch(batches.batch(waiting))
    return rows + len(waiting)
