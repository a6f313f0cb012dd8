"""Event time of sources, and timers on it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import msgspec


class Flow(msgspec.Struct, array_like=True):
    """The event time of a source."""

    newest: int  # of its events, epoch ms
    reached: int  # at the wall time `heard`: the newest event's, or later where wall time has gone on since others
    heard: int  # wall time of the last step that had events of it, epoch ms


class Clock:
    """The event time of each source, and the journaled wall time. Neither goes back."""

    def __init__(self, flows: dict[str, Flow] | None = None) -> None:
        self.now = 0  # wall time of the step, epoch ms
        self.flows: dict[str, Flow] = dict(flows or {})  # by source

    def note(self, source: str, ts: int) -> None:
        """Note an event; `ts` is at most the present."""
        flow = self.flows.get(source)
        if flow is None:
            self.flows[source] = Flow(ts, ts, self.now)
            return
        reached = self.flowing(source)
        self.flows[source] = Flow(max(ts, flow.newest), max(ts, reached), self.now)

    def event(self, source: str) -> int | None:
        """Return the time of the newest event: it stands still while a source is silent."""
        flow = self.flows.get(source)
        return None if flow is None else flow.newest

    def flowing(self, source: str) -> int:
        """Return the time of events, moved on with the wall time: what is over ends in silence, too."""
        flow = self.flows.get(source)
        return self.now if flow is None else flow.reached + max(self.now - flow.heard, 0)


class Timers:
    """Keys by when they are due. Entries may be too early: whoever takes one looks whether its time has come."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._set: dict[str, int] = {}

    def set(self, key: str, due: int) -> None:
        """Set a timer, unless the key has an earlier one."""
        if (before := self._set.get(key)) is None or due < before:
            self._set[key] = due
            heapq.heappush(self._heap, (due, key))

    def due(self, now: int) -> Iterator[str]:
        """Yield the keys whose timers have ended; a key may set its timer again."""
        while self._heap and self._heap[0][0] <= now:
            due, key = heapq.heappop(self._heap)
            if self._set.get(key) == due:
                del self._set[key]
                yield key
