"""A gateway shows what it wrote: an answer waits until its own reader has passed the records."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from worker.gateway.log.logs import Logs
from worker.operate.acts.intent import Written

LIMIT = 2.0  # seconds; what is written stays so, whether or not it was read


async def read_back(logs: Logs, records: Sequence[Written], limit: float = LIMIT) -> bool:
    """Wait until the gateway has read records, at most `limit` seconds; return whether it has.

    A topic that the gateway does not know yet is not waited for.
    """
    topics = {record.topic: logs.named(record.topic) for record in records}
    changed = asyncio.Event()

    def unread() -> bool:
        for topic, partition, offset in records:
            log = topics[topic]
            if log.topic_id and partition < log.partitions and log.ends[partition] <= offset:
                return True
        return False

    ends = [log.listen(lambda _: changed.set()) for log in topics.values()]
    try:
        async with asyncio.timeout(limit):
            while unread():
                await changed.wait()
                changed.clear()
    except TimeoutError:
        return False
    finally:
        for end in ends:
            end()
    return True
