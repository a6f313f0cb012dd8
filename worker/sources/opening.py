"""Opens of bars whose times are those of their ends, or that are shorter than the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from worker.sources.bars import BarBatch
from worker.sources.intervals import DAY, Steps, check_interval

Ints = NDArray[np.int64]
_MINUTE = 60_000
_LAST = {59_999: ("millisecond", 1), 59_000: ("second", 1_000)}  # of a minute → (its name, ms to the end)


class Opening:
    """The shift of bars to their opens."""

    def __init__(self, interval: str, steps: Steps, given: bool, by_ends: bool = False) -> None:
        """Decide by the times of day of all bars; only where the user gave the interval do bars lie off its grid.

        `by_ends`: the times are those at which the bars end.
        """
        self._length = check_interval(interval)
        self.shift = 0  # ms from the time of each bar to its opening
        self._phase: int | None = None  # of the grid, where some bars lie off it
        self._last: dict[int, int] = {}  # symbol → the opening of its last bar
        self.note: str | None = None
        times = steps.times
        fixed = self._length % _MINUTE == 0
        ends = {time % _MINUTE for time in times}
        if fixed and len(ends) == 1 and (last := _LAST.get(ends.pop())):
            self.shift = last[1] - self._length
            self.note = f"times are the last {last[0]} of each bar: the bars open {interval} earlier"
        elif by_ends and self._length <= DAY:
            self.shift = -self._length
            self.note = f"times are the ends of the bars, since days end at 24:00: the bars open {interval} earlier"
        elif given and fixed and DAY % self._length == 0 and steps.sizes.most_common(1)[:1] == [
            (self._length, steps.sizes[self._length])
        ]:  # fmt: skip
            grid: dict[int, int] = {}
            for time, count in times.items():
                grid[time % self._length] = grid.get(time % self._length, 0) + count
            if len(grid) > 1:
                self._phase = max(grid, key=lambda phase: grid[phase])
                off = sum(grid.values()) - grid[self._phase]
                self.note = (
                    f"{off:,} bars begin off the {interval} grid of the others: where the bar before has ended, they "
                    "open on it, and close when the next one begins"
                )

    def apply(self, batches: Iterable[BarBatch]) -> Iterator[BarBatch]:
        """Move the bars to their opens; batches come in the order of time."""
        for batch in batches:
            if self.shift:
                yield replace(batch, ts=np.where(batch.has_ts, batch.ts + self.shift, batch.ts))
            else:
                yield batch if self._phase is None else self._on_grid(batch, self._phase)

    def _on_grid(self, batch: BarBatch, phase: int) -> BarBatch:
        ts = batch.ts.copy()
        order = np.argsort(batch.owners, kind="stable")
        order = order[batch.has_ts[order]]
        whose = batch.owners[order].tolist()
        for row, owner, time in zip(order.tolist(), whose, ts[order].tolist(), strict=True):
            grid = time - (time - phase) % self._length
            if grid != time and self._last.get(owner, grid - self._length) <= grid - self._length:
                ts[row] = grid
            self._last[owner] = int(ts[row])
        return replace(batch, ts=ts)
