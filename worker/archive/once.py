"""The archive of what topics hold now, without a group: for a topic that nobody writes any more."""

from __future__ import annotations

import asyncio

from aiokafka import TopicPartition

from worker.archive.archiver import start
from worker.archive.owned import Owned
from worker.archive.preflight import sinks_of
from worker.archive.rows.kinds import kinds
from worker.archive.sink import Conflict, StoreUnavailable
from worker.errors import BrokerUnavailable
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Reader
from worker.kafka.seams.fast.fetching import decoding
from worker.kafka.topics import describe
from worker.settings import Settings


async def archive_once(settings: Settings) -> dict[str, int]:
    """Archive all records from the tables' positions to the topics' present ends; return the new rows by table.

    Raises:
        AlphapulseError: topics or tables can't be read or written, or somebody else archives them at this time.
    """
    tables, rows = kinds(settings), dict[str, int]()
    async with admin_client(settings.kafka) as admin:
        found = await describe(admin, tuple(table.topic for table in tables))
    options = client_options(settings.kafka) | decoding(settings.processing.fast_path)
    try:
        async with Reader(options) as reader:
            for sink in await sinks_of(settings, tables):
                owned = Owned(sink, range(found[sink.kind.topic].partitions))
                rows[sink.kind.name] = await _all(reader, owned, settings.archive.commit_bytes)
                sink.close()
    except (Conflict, StoreUnavailable) as failed:
        raise BrokerUnavailable(f"the archive can't be written now: {failed}", "Try again") from None
    return rows


async def _all(reader: Reader, owned: Owned, most: int) -> int:
    kept, topic = await asyncio.to_thread(owned.load), owned.sink.kind.topic
    tps = {partition: TopicPartition(topic, partition) for partition in kept}
    owned.begin({partition: await start(reader.leaders, tps[partition], at) for partition, at in kept.items()})
    count = 0
    for partition, tp in tps.items():
        _, end = await reader.bounds(tp)
        async for raw in reader.raw(tp, owned.read[partition], end):
            begun = owned.read[partition]
            await asyncio.to_thread(owned.take, partition, [raw], begun, begun)
            if owned.pending.bytes >= most:
                count += await _committed(owned)
    return count + await _committed(owned)


async def _committed(owned: Owned) -> int:
    count = owned.pending.rows
    await asyncio.to_thread(owned.commit)
    return count
