"""What partitions that are given up leave behind: committed offsets, then what is unsaved, as far as the time goes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from worker.stream.partition import Partition

log = logging.getLogger(__name__)


async def settle(partitions: Sequence[Partition], seconds: float) -> None:
    """Commit the offsets of what is published. Where that fails, the next owner publishes it once more."""
    await _each("not committed", partitions, [_within(seconds, partition) for partition in partitions])


async def save(partitions: Sequence[Partition], seconds: float) -> None:
    """Save what is unsaved. What is left the next owner replays."""
    deadline = time.monotonic() + seconds
    await _each("not saved", partitions, [_save(partition, deadline) for partition in partitions])


async def _within(seconds: float, partition: Partition) -> None:
    async with asyncio.timeout(seconds):
        await partition.settle()


async def _save(partition: Partition, deadline: float) -> None:
    while time.monotonic() < deadline and await partition.save():
        pass


async def _each(failed: str, partitions: Sequence[Partition], work: Sequence[Coroutine[Any, Any, None]]) -> None:
    for partition, result in zip(partitions, await asyncio.gather(*work, return_exceptions=True), strict=True):
        if result is not None:
            log.warning(failed, extra={"partition": partition.tp.partition, "error": str(result)})
