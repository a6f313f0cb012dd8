"""The tasks of a member's partitions: at most one per partition, awaited or cancelled at a generation's end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from aiokafka import TopicPartition

from worker.kafka.producers import STOP_TIMEOUT


class PartitionTasks:
    """The running tasks. `ended` is called at each end, with the error or None."""

    def __init__(self, ended: Callable[[BaseException | None], None]) -> None:
        self._ended = ended
        self._tasks: dict[TopicPartition, asyncio.Task[None]] = {}
        self._waits: list[tuple[set[asyncio.Task[None]], asyncio.Future[None]]] = []  # what is waited for, and its end

    def start(self, tp: TopicPartition, work: Coroutine[Any, Any, None]) -> None:
        """Start the only task of a partition."""
        task = asyncio.create_task(work, name=f"{tp.topic}-{tp.partition}")
        self._tasks[tp] = task
        task.add_done_callback(lambda done: self._finished(tp, done))

    async def wait(self, tps: Iterable[TopicPartition], seconds: float) -> None:
        """Wait for the tasks of some partitions."""
        if not (left := {self._tasks[tp] for tp in tps if tp in self._tasks}):
            return
        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()
        wait = left, over
        self._waits.append(wait)
        deadline = loop.call_later(max(seconds, 0.0), _end, over)
        try:
            await over
        finally:
            deadline.cancel()
            self._waits.remove(wait)

    async def cancel(self, seconds: float = STOP_TIMEOUT) -> None:
        """Cancel all tasks. Abandon those that do not end in time."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    def _finished(self, tp: TopicPartition, task: asyncio.Task[None]) -> None:
        if self._tasks.get(tp) is task:
            del self._tasks[tp]
        for left, over in self._waits:
            left.discard(task)
            if not left:
                _end(over)
        self._ended(None if task.cancelled() else task.exception())


def _end(wait: asyncio.Future[None]) -> None:
    if not wait.done():
        wait.set_result(None)
