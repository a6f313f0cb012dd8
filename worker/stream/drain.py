"""The drain of revoked partitions: commit offsets, then save snapshots, within the deadline."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from worker.kafka.deadline import GRACE, Clock, Deadline
from worker.stream.partition import Partition

log = logging.getLogger(__name__)


async def settle(partitions: Sequence[Partition], seconds: float) -> bool:
    """Commit the offsets of published outputs; return False if that fails: the next owner publishes them again."""
    return await _each("not committed", partitions, [partition.settle() for partition in partitions], seconds)


async def save(partitions: Sequence[Partition], seconds: float, clock: Clock = time) -> None:
    """Save dirty symbols. The next owner replays the rest."""
    deadline = Deadline(seconds, clock)
    await _each("not saved", partitions, [_save(partition, deadline) for partition in partitions], seconds)


async def _save(partition: Partition, deadline: Deadline) -> None:
    while deadline.left() > 0.0 and await partition.save():
        pass


async def _each(
    failed: str, partitions: Sequence[Partition], work: Sequence[Coroutine[Any, Any, None]], seconds: float
) -> bool:
    """Return whether all succeeded in time. Abandon tasks in which the client library waits without limit."""
    tasks = [asyncio.ensure_future(one) for one in work]
    if not tasks:
        return True
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=GRACE)
    well = True
    for partition, task in zip(partitions, tasks, strict=True):
        cause = _cause(task)
        if cause:
            well = False
            log.warning(failed, extra={"partition": partition.tp.partition, "error": cause})
    return well


def _cause(task: asyncio.Future[None]) -> str:
    if not task.done() or task.cancelled():
        return "no answer in time"
    error = task.exception()
    return f"{type(error).__name__}: {error}" if error else ""
