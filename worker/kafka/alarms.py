"""Deadlines that are nearly never reached: one timer of the loop stands for all of them.

A timer of the loop's own costs more than most of what is done within a deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from weakref import WeakKeyDictionary

TICK = 0.001  # seconds: a loop's timers may come so much early
_of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, Alarms] = WeakKeyDictionary()


class Alarm:
    """What is to be done at a time of the loop, unless it is cancelled before."""

    __slots__ = ("call", "when")

    def __init__(self, when: float, call: Callable[[], None]) -> None:
        self.when, self.call = when, call


class Alarms:
    """The alarms of one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._set: dict[Alarm, None] = {}  # in the order in which they were set
        self._timer: asyncio.Handle | None = None  # uvloop makes one without a time for what is due now
        self._rings = 0.0  # when it does

    def __len__(self) -> int:
        return len(self._set)

    def after(self, seconds: float, call: Callable[[], None]) -> Alarm:
        """Call after so many seconds, or a little later."""
        alarm = Alarm(self._loop.time() + seconds, call)
        self._set[alarm] = None
        if self._timer is None or alarm.when < self._rings:
            self._arm(alarm.when)
        return alarm

    def cancel(self, alarm: Alarm) -> None:
        """Call it no more; nothing if it has been called."""
        self._set.pop(alarm, None)
        alarm.call = _nothing  # who set it often holds it: the collector of such circles runs rarely

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = max(when, self._loop.time() + TICK)
        self._timer = self._loop.call_at(self._rings, self._ring)

    def _ring(self) -> None:
        # The timer was not moved when alarms were cancelled: often none is due.
        self._timer, now = None, self._loop.time()
        due = [alarm for alarm in self._set if alarm.when <= now]
        for alarm in due:
            del self._set[alarm]
        if self._set:
            self._arm(min(alarm.when for alarm in self._set))
        for alarm in due:
            alarm.call()


def _nothing() -> None:
    pass


def alarms() -> Alarms:
    """Return the alarms of the running loop."""
    loop = asyncio.get_running_loop()
    found = _of_loops.get(loop)
    if found is None:
        found = _of_loops[loop] = Alarms(loop)
    return found


class timeout:  # noqa: N801 - it is used like `asyncio.timeout`
    """Stand for `asyncio.timeout`: `TimeoutError` if the block of an `async with` takes longer."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._inner = seconds, asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._inner.__aenter__()
        self._alarms = alarms()
        self._alarm = self._alarms.after(self._seconds, self._late)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._alarms.cancel(self._alarm)
        await self._inner.__aexit__(kind, error, trace)

    def _late(self) -> None:
        self._inner.reschedule(self._alarm.when)
