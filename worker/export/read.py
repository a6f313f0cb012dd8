"""`read_decisions`: decisions or rejections as one pyarrow table."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from worker.export.archived import read_archive
from worker.export.batches import ROWS, Batches, Item
from worker.export.columns import arrow
from worker.export.lines import read_lines
from worker.export.topic import read_topic
from worker.export.wanted import Time, Wanted, wanted
from worker.settings import load_settings

Source = str | Path
ORDER = [("ts", "ascending"), ("symbol", "ascending"), ("sequence", "ascending")]


def read_decisions(
    source: Source | Iterable[Source] | None = None,
    *,
    rejected: bool = False,
    symbols: Iterable[str] | str | None = None,
    since: Time = None,
    until: Time = None,
    bootstrap_servers: str | None = None,
    topic: str | None = None,
    archive: Source | None = None,
) -> Any:
    """Read decisions (or rejections) as a pyarrow.Table in order of ts, symbol and sequence; see docs/data-frames.md.

    `source` is a file of one JSON record a line, or several; without one the topic is read from Kafka up to its end, as
    the settings say (`bootstrap_servers` and `topic` win over them). `since` <= ts < `until` are datetimes, epoch ms or
    text. `archive` is the folder or s3://bucket/path of an archive, to read instead; its access key is that of the
    settings. May be called where an event loop runs, as in a notebook.

    Raises:
        AlphapulseError: pyarrow is missing, or the source cannot be read.
        TypeError: more than one source is given.
    """
    which, batches = wanted(symbols, since, until), Batches(rejected)
    if archive is not None:
        if source is not None or topic is not None or bootstrap_servers is not None:
            raise TypeError("read_decisions: give either archive, or source, or topic and bootstrap_servers")
        return read_archive(str(archive), rejected, which, batches.schema).sort_by(ORDER)
    if source is None:
        kafka = {} if bootstrap_servers is None else {"kafka": {"bootstrap_servers": bootstrap_servers}}
        settings = load_settings(kafka)
        name = topic or (settings.topics.rejections if rejected else settings.topics.output)
        found = _in_thread(settings.kafka, name, rejected, which, batches)
    else:
        paths = [source] if isinstance(source, str | Path) else source
        items = (item for path in paths for item in read_lines(Path(path), rejected) if which(item))
        found = list(batches.batches(items))
    return arrow().Table.from_batches(found, schema=batches.schema).sort_by(ORDER)


async def topic_batches(kafka: Any, topic: str, rejected: bool, which: Wanted, batches: Batches) -> list[Any]:
    """Return all batches of a topic."""
    found, items = [], list[Item]()
    async for item in read_topic(kafka, topic, rejected, which.since):
        if which(item):
            items.append(item)
        if len(items) == ROWS:
            found.append(batches.batch(items))
            items = []
    return [*found, batches.batch(items)]


def _in_thread(*arguments: Any) -> list[Any]:
    # A thread of its own, because the caller's may run an event loop already.
    found: list[Any] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.extend(asyncio.run(topic_batches(*arguments)))
        except BaseException as problem:
            failed.append(problem)

    thread = threading.Thread(target=work, name="alphapulse-read")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found
