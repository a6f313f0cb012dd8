"""Deadlines, and work with a time limit."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import Protocol

log = logging.getLogger(__name__)
GRACE = 0.2  # seconds for cancelled work to end


class Clock(Protocol):
    """A source of time: the module `time`, or a clock that a test sets."""

    def monotonic(self) -> float:
        """Return the seconds since some moment."""


class Deadline:
    """A point in time."""

    def __init__(self, seconds: float, clock: Clock = time) -> None:
        self._clock, self._end = clock, clock.monotonic() + seconds

    def left(self, most: float = float("inf"), keep: float = 0.0) -> float:
        """Return the seconds until `keep` seconds before the deadline, at most `most`; 0 when that has passed."""
        return min(max(self._end - keep - self._clock.monotonic(), 0.0), most)


async def within(seconds: float, work: Awaitable[object]) -> bool:
    """Return whether `work` succeeded within `seconds`; else cancel it.

    Its errors are logged instead of raised; its own cancellation is not raised either. Work that swallows the
    cancellation is left running.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_look)
    if not task.done():
        await asyncio.wait({task}, timeout=GRACE)
    return task.done() and _look(task)


def _look(task: asyncio.Future[object]) -> bool:
    if task.cancelled():
        return False
    if error := task.exception():
        log.debug("gave up", extra={"cause": repr(error)})
    return error is None
