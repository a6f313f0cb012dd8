"""Metadata is refreshed at a pace, and whatever goes wrong in it is a failed refresh.

aiokafka asks again as fast as brokers answer while a partition has no leader. Its task for it ends at an exception that
is no KafkaError, and the client waits for ever then.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from aiokafka.client import AIOKafkaClient

from worker.kafka.backoff import BackOff

log = logging.getLogger(__name__)
_original = AIOKafkaClient._metadata_update


class _Pace:
    """When a client may ask next: at once after a quiet time, else ever more rarely."""

    def __init__(self) -> None:
        self._backoff, self._next = BackOff(), 0.0

    async def wait(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._backoff.reset()
        else:
            await asyncio.sleep(self._next - now)
        self._next = time.monotonic() + self._backoff.next()


async def metadata_update(self: Any, cluster_metadata: Any, topics: Any) -> bool:
    """`AIOKafkaClient._metadata_update`; False also where an answer could not be taken in."""
    if cluster_metadata is self.cluster:  # of the task that repeats it
        await self.__dict__.setdefault("_pace", _Pace()).wait()
    try:
        return bool(await _original(self, cluster_metadata, topics))
    except Exception:
        log.exception("metadata can't be refreshed")
        cluster_metadata.failed_update(None)
        return False


def install() -> None:
    """Have every client do so."""
    client: Any = AIOKafkaClient
    client._metadata_update = metadata_update
