"""Seam: metadata refreshes are paced, and any exception in one is a failed refresh.

While a partition has no leader, aiokafka repeats its request as fast as brokers answer. Its metadata task ends on an
exception that is not a KafkaError; then the client waits forever.
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
    """The time of a client's next refresh: at once after a quiet time, else with growing delays."""

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
    """Replace `AIOKafkaClient._metadata_update`: also return False on any exception."""
    if cluster_metadata is self.cluster:  # a refresh by the metadata task
        await self.__dict__.setdefault("_pace", _Pace()).wait()
    try:
        return bool(await _original(self, cluster_metadata, topics))
    except Exception:
        log.exception("metadata can't be refreshed")
        cluster_metadata.failed_update(None)
        return False


def install() -> None:
    """Patch every client."""
    client: Any = AIOKafkaClient
    client._metadata_update = metadata_update
