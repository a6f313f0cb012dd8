"""Watches for a step that does not return: no exception reaches machine code, and no thread can be stopped.

What counts is the CPU time of the thread that runs it, so that a suspended process, a loaded machine and a step that
waits in a debugger are none.
"""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from worker.engine.strategy.hooked import Observation
from worker.errors import Exit, TryAgain

log = logging.getLogger(__name__)
UNPLAYED = -np.inf  # in the columns that `observe` publishes, until it has seen the row
LOOKS = 8  # per timeout
OF_THREADS = hasattr(time, "pthread_getcpuclockid")
COMPILERS = ("numba", "llvmlite")
TOLD_WITHIN = 2.0  # seconds: nobody may read the log
_numbers = itertools.count()


class Place(NamedTuple):
    """The row in work, and of several sets of parameters the one."""

    row: int
    number: int = 0
    parameters: str = ""  # of that set, for people


class Batch(NamedTuple):
    """What a thread is doing: asking the step, or playing `observe`, whose first published column is `column`."""

    number: int
    seen: Observation
    column: int | None
    thread: int
    clock: int
    sets: Callable[[], Place | None] | None = None  # where several sets of parameters are asked by turns: which

    def place(self) -> Place | None:
        """Return what is in work; None where nothing is."""
        if self.sets is not None:
            return self.sets()
        row = self.row()
        return None if row is None else Place(row)

    def row(self) -> int | None:
        """Return the row in work; None where there is none. The engine writes the rows while this reads them."""
        order, slots, outs = self.seen.order, self.seen.slots, self.seen.outs
        rows = order[(slots[order] >= 0) & outs["validation"]["accepted"][order]]
        if self.column is None:
            left = np.flatnonzero(outs["said"]["intent"]["status"][rows] == 0)
            return int(rows[left[0]]) if left.size else None
        begun = np.flatnonzero(self.seen.values[rows, self.column] != UNPLAYED)
        return int(rows[begun[-1]]) if begun.size else None


class Work:
    """What one engine's strategy is doing, as the thread that runs it notes."""

    def __init__(self, name: str, file: str) -> None:
        self.name, self.file = name, file
        self.parameters = ""  # for people, where several sets are played
        self.batch: Batch | None = None

    def begin(
        self, seen: Observation, column: int | None = None, sets: Callable[[], Place | None] | None = None
    ) -> None:
        """Note that the steps of a batch begin, or `observe`, whose first published column is `column`.

        `sets` tells the place where several sets of parameters are asked by turns.
        """
        thread = threading.get_ident()
        # Where a thread's CPU time can't be read, as on macOS, time that passes stands for it.
        clock = time.pthread_getcpuclockid(thread) if OF_THREADS else time.CLOCK_MONOTONIC
        self.batch = Batch(next(_numbers), seen, column, thread, clock, sets)

    def end(self) -> None:
        """Note that they have ended."""
        self.batch = None


class Stuck(NamedTuple):
    """A step that has not returned: its symbol, the open of the bar in epoch ms, and the line where it is known."""

    strategy: str
    function: str
    symbol: str
    ts: int
    seconds: float
    line: int | None
    parameters: str = ""

    def error(self) -> TryAgain:
        """Return it as an error: another start comes to the same bar."""
        bar = datetime.fromtimestamp(self.ts / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        bar += f", with {self.parameters}" if self.parameters else ""
        line = f", in line {self.line}" if self.line else ""
        return TryAgain(
            f"{self.function} of the strategy {self.strategy} has not returned at {self.symbol}, bar {bar}, after "
            f"{self.seconds:g} s of CPU time{line}",
            "Give each of its loops an end; engine.strategy.step_timeout_ms is how long it may take at a bar",
        )


Told = Callable[[Stuck], None]


class _Watched:
    def __init__(self, work: Work, seconds: float, told: Told) -> None:
        self.work, self.seconds, self.told = weakref.ref(work), seconds, told
        self._at: tuple[int, int, int] | None = None  # batch, row and set
        self._since = 0.0  # CPU seconds of the thread

    def look(self) -> Stuck | None:
        """Return a step that has been in work for too long; once."""
        work = self.work()
        batch = None if work is None else work.batch
        place = None if batch is None else batch.place()
        if work is None or batch is None or place is None or _compiles(batch.thread):
            self._at = None
            return None
        with suppress(OSError):  # the thread has ended
            used = time.clock_gettime(batch.clock)
            at = (batch.number, place.row, place.number)
            if self._at != at:
                self._at, self._since = at, used
            elif used - self._since >= self.seconds and work.batch is batch:
                self._since = float("inf")
                return self._stuck(work, batch, place)
        return None

    def _stuck(self, work: Work, batch: Batch, place: Place) -> Stuck:
        seen, function = batch.seen, "step" if batch.column is None else "observe"
        symbol, ts = seen.symbol(int(seen.slots[place.row])).decode(errors="replace"), int(seen.bars["ts"][place.row])
        line, parameters = _line(batch.thread, work), place.parameters or work.parameters
        return Stuck(work.name, function, symbol, ts, self.seconds, line, parameters)


def _compiles(thread: int) -> bool:
    """Return whether a thread compiles a kernel, or loads it: the first call of one does."""
    frame = sys._current_frames().get(thread)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] not in COMPILERS:
        frame = frame.f_back
    return frame is not None


def _line(thread: int, work: Work) -> int | None:
    """Return the line of the strategy's file that an interpreted step is in."""
    frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code.co_filename != work.file:
        frame = frame.f_back
    return None if frame is None else frame.f_lineno


class _Watchdog:
    """One thread for all strategies of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: list[_Watched] = []
        self._runs = False

    def watch(self, work: Work, seconds: float, told: Told) -> None:
        with self._lock:
            self._watched.append(_Watched(work, seconds, told))
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="alphapulse-watchdog", daemon=True).start()

    def _run(self) -> None:
        while watched := self._present():
            time.sleep(min(each.seconds for each in watched) / LOOKS)
            for each in watched:
                stuck = each.look()
                if stuck is not None:
                    each.told(stuck)

    def _present(self) -> list[_Watched]:
        with self._lock:
            self._watched = [each for each in self._watched if each.work() is not None]
            self._runs = bool(self._watched)
            return list(self._watched)


_watchdog = _Watchdog()


def end_process(stuck: Stuck) -> None:
    """Say it, and end the process: the thread that runs the step can't be stopped."""
    teller = threading.Thread(target=_tell, args=(stuck,), daemon=True)
    teller.start()
    teller.join(TOLD_WITHIN)
    os._exit(Exit.TEMPORARY)


def _tell(stuck: Stuck) -> None:
    if log.hasHandlers():
        facts = {"strategy": stuck.strategy, "symbol": stuck.symbol, "ts": stuck.ts}
        log.error("the strategy does not return: ended at once", extra=facts)
    error = stuck.error()
    sys.stderr.write(f"error: {error.message}.\n  fix: {error.fix}\n")
    sys.stdout.flush()
    sys.stderr.flush()


def watch(work: Work, seconds: float, told: Told = end_process) -> None:
    """Call `told` once for each step of `work` that has taken so many seconds of CPU time at one bar."""
    _watchdog.watch(work, seconds, told)
