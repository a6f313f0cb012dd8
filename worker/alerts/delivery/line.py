"""The line before a receiver: one message at a time, repeated with growing pauses; each receiver has its own."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from schemas.delivery import Message
from worker.alerts.delivery.book import Job, Result
from worker.kafka.backoff import BackOff, Rarely
from worker.stream.failpoints import failpoint
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
LONGEST_WAIT = 3_600.0  # seconds that a Retry-After may ask for


class Receiver(Protocol):
    """Somebody who is told."""

    async def send(self, message: Message) -> Result:
        """Try once. It raises nothing: what went wrong stands in the result."""

    async def close(self) -> None:
        """Release its connections."""


Report = Callable[[Job, Result], Awaitable[Job | None]]


class Line:
    """What waits for one receiver. A message that failed goes to the end, so that it keeps no other back."""

    def __init__(self, name: str, receiver: Receiver, report: Report, least: float, most: float) -> None:
        """Create it; `report` returns the job to repeat once the result of an attempt is committed.

        Pauses after failures grow from `least` to `most` seconds.
        """
        self.name, self._receiver, self._report = name, receiver, report
        self._pauses, self._lines = BackOff(least, most), Rarely()
        self._jobs: deque[Job] = deque()
        self._some = asyncio.Event()
        self.busy = False  # an attempt is under way, or its result not committed

    def put(self, job: Job) -> None:
        """Append a job."""
        self._jobs.append(job)
        self._tell()
        self._some.set()

    async def run(self) -> None:
        """Send what waits, until cancelled."""
        while True:
            await self._some.wait()
            job = self._jobs.popleft()
            if not self._jobs:
                self._some.clear()
            pause = await self._attempt(job)
            if pause:
                await asyncio.sleep(pause)

    async def _attempt(self, job: Job) -> float:
        self.busy = True
        try:
            failpoint("delivering")
            result = await self._receiver.send(job.message)
            failpoint("attempted")
            METRICS.alerts_deliveries.labels(self.name, result.outcome).inc()
            again = await self._report(job, result)
        finally:
            self.busy = False
        if again is not None:
            self.put(again)
        self._tell()
        if result.outcome == "delivered":
            self._pauses.reset()
            self._lines.reset()
            return 0.0
        if self._lines.due(result.outcome):
            told = {"receiver": self.name, "cause": result.detail, "status": result.status}
            log.warning(f"a message was not delivered: {result.outcome}", extra=told)
        if result.outcome == "refused":
            return 0.0
        return max(self._pauses.next(), min(result.retry_after or 0.0, LONGEST_WAIT))

    def _tell(self) -> None:
        METRICS.alerts_waiting.labels(self.name).set(len(self._jobs))
