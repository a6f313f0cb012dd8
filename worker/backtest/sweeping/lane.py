"""One thread's share of the sets that play side by side."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.sweeping.deciding import Kept, Sets, decide_sets, room_of
from worker.backtest.sweeping.turns import Turns, spelled
from worker.backtest.sweeping.watching import Running
from worker.engine.pipeline import OUTPUT, Params
from worker.engine.strategy.hooked import Observation
from worker.strategy.running.watchdog import Work, watch

PIECE = 32  # sets between two looks at whether to stop


class Course(NamedTuple):
    """A symbol's way through its tape."""

    sets: Sets
    kept: Kept
    budget: float
    ends: NDArray[np.bool_]  # by accepted bar: whether it is the last of its trading day


class Lane:
    """Sets `first` to `last`, with room of their own.

    Sets whose `columns` are in the rows of the engine's strategy read them there; without such columns, each set's
    strategy computes its own. A step that takes `timeout` seconds of CPU time at a bar ends the process.
    """

    def __init__(
        self, strategies: Sequence[Running], first: int, last: int, params: Params, shared: bool, timeout: float
    ) -> None:
        self._strategies, self._first, self._last, self._params = strategies, first, last, params
        self._shared = shared
        one = strategies[first]
        self._definitions = [each.definition for each in strategies]
        self._work = Work(one.work.name, one.work.file)
        watch(self._work, timeout)
        if not shared:
            for each in strategies[first:last]:
                each.work.parameters = spelled(each.definition)
                watch(each.work, timeout)
        self._width = one.columns
        self._room = room_of(self._width, -(-one.own.itemsize // 8))
        self._bytes = np.zeros((0, OUTPUT.itemsize), np.uint8)
        self._values, self._was = np.zeros((0, self._width)), np.zeros((0, self._width))
        self._memories: list[NDArray[np.float64]] = []
        self.begin()

    def begin(self) -> None:
        """Begin a tape: no set has seen a bar."""
        if not self._shared:
            own = self._strategies[self._first : self._last]
            self._memories = [np.zeros((1, each.words)) for each in own]

    def decide(self, seen: Observation, course: Course, stop: Event) -> None:
        """Decide a slice for all sets; `seen` is what the engine's strategy has seen of it, with all slots 0 or -1."""
        outs = self._own(seen.outs)
        if self._shared:
            for first in range(self._first, self._last, PIECE):
                if stop.is_set():
                    return
                self._play(first, min(first + PIECE, self._last), seen, outs, seen.values, seen.was, course)
            return
        values, was = self._indicator_rows(len(outs))
        for k, memory in enumerate(self._memories, self._first):
            if stop.is_set():
                return
            rows = seen._replace(outs=outs, memory=memory, values=values, was=was)
            self._strategies[k].observe(rows)
            self._play(k, k + 1, seen, outs, values, was, course)

    def _play(
        self,
        first: int,
        last: int,
        seen: Observation,
        outs: NDArray[Any],
        values: NDArray[np.float64],
        was: NDArray[np.float64],
        course: Course,
    ) -> None:
        turns = Turns(self._definitions, first, last, seen, course.kept.counts)
        self._work.begin(seen, sets=turns.place)
        decide_sets(
            *(first, last, seen.slots, seen.instruments, seen.bars, outs, self._params, course.sets, values, was),
            *(self._room, course.kept, course.budget, course.ends),
        )
        self._work.end()
        for each in self._strategies[first:last]:
            each.raise_fatal()

    def _own(self, outs: NDArray[Any]) -> NDArray[Any]:
        # As bytes: numpy copies nested records nine times as slowly.
        rows = len(outs)
        if len(self._bytes) < rows:
            self._bytes = np.zeros((rows, OUTPUT.itemsize), np.uint8)
        self._bytes[:rows] = outs.view(np.uint8).reshape(rows, OUTPUT.itemsize)
        return self._bytes[:rows].reshape(-1).view(OUTPUT)

    def _indicator_rows(self, rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if len(self._values) < rows:
            self._values, self._was = np.zeros((rows, self._width)), np.zeros((rows, self._width))
        return self._values[:rows], self._was[:rows]
