"""All lines of one owner, and the results that wait for its next transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from worker.alerts.delivery.book import Job, Result
from worker.alerts.delivery.line import Line, Receiver
from worker.kafka.deadline import within


class Attempted(NamedTuple):
    """An attempt whose result is not committed yet."""

    job: Job
    result: Result
    committed: asyncio.Future[Job | None]


class Notifier:
    """It sends what is committed; the owner commits what came of it, and tells."""

    def __init__(self, receivers: Mapping[str, Receiver], least: float, most: float) -> None:
        """Create it; pauses after failures grow from `least` to `most` seconds."""
        self.some = asyncio.Event()  # results wait
        self._receivers = receivers
        self._lines = {name: Line(name, one, self._report, least, most) for name, one in receivers.items()}
        self._results: list[Attempted] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to send."""
        self._tasks = [asyncio.create_task(line.run(), name=f"to {name}") for name, line in self._lines.items()]

    def put(self, job: Job) -> bool:
        """Take a committed job; return whether its receiver still exists."""
        line = self._lines.get(job.delivery.receiver)
        if line is not None:
            line.put(job)
        return line is not None

    def take(self) -> list[Attempted]:
        """Return the results since the last call."""
        found, self._results = self._results, []
        self.some.clear()
        return found

    @property
    def busy(self) -> bool:
        """Whether an attempt is under way, or its result not committed."""
        return any(line.busy for line in self._lines.values())

    @property
    def ended(self) -> BaseException | None:
        """The failure of a line, which has no reason to end."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                return task.exception() or RuntimeError(f"{task.get_name()} has ended")
        return None

    async def stop(self) -> None:
        """Stop sending, and release the connections."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        await within(1.0, asyncio.gather(*(one.close() for one in self._receivers.values()), return_exceptions=True))

    async def _report(self, job: Job, result: Result) -> Job | None:
        committed: asyncio.Future[Job | None] = asyncio.get_running_loop().create_future()
        self._results.append(Attempted(job, result, committed))
        self.some.set()
        return await committed
