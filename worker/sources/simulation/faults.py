"""The faults that the simulator can put into a market, and what the worker must say of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.errors import ConfigError


class Label(NamedTuple):
    """Ground truth of one record: the fault in it and a code of its rejection; both None for a clean bar."""

    fault: str | None = None
    reject: str | None = None  # worker.engine.reasons.Reject; None: the bar is accepted


class Fault(NamedTuple):
    """A kind of fault: the shortest and the longest number of bars it takes, and the code it provokes."""

    shortest: int
    longest: int
    reject: str | None


FAULTS = {
    "dup": Fault(1, 1, "duplicate_bar"),
    "revision": Fault(1, 1, "conflicting_duplicate"),
    "out_of_order": Fault(2, 2, "out_of_order"),
    "gap": Fault(2, 9, None),
    "nan": Fault(1, 1, "missing_field"),
    "spike": Fault(1, 1, "price_change_exceeded"),
    "wick": Fault(1, 1, "wick_spike"),
    "split": Fault(3, 3, "price_change_exceeded"),
    "stuck": Fault(12, 40, None),
    "volume_burst": Fault(1, 1, None),
    "malformed": Fault(1, 1, "malformed_record"),
    "negative_volume": Fault(1, 1, "negative_volume"),
    "zero_price": Fault(1, 1, "non_positive_price"),
    "inconsistent": Fault(1, 1, "ohlc_inconsistent"),
    "future": Fault(1, 1, "future_timestamp"),
}
WARM_UP = 25  # clean bars at the start: the worker's robust scale needs 20 returns
REST = 4  # clean bars between two faults, so that no fault hides or explains another


class Mark(NamedTuple):
    """What happens to one bar of one symbol: bar `step` of `length` of a fault, `size` in (0, 1) says how strong."""

    kind: str
    step: int
    length: int
    size: float


def check_kinds(kinds: tuple[str, ...]) -> None:
    """Refuse unknown names.

    Raises:
        ConfigError: one of them is no kind of fault.
    """
    unknown = sorted(set(kinds) - set(FAULTS))
    if unknown:
        raise ConfigError(f"there is no fault {', '.join(unknown)}", f"Choose among: {', '.join(FAULTS)}")


class FaultPlan:
    """The faults of one symbol: a free bar starts one with probability `rate`."""

    def __init__(self, kinds: tuple[str, ...], rate: float, bars: int) -> None:
        check_kinds(kinds)
        self._kinds = kinds
        self._rate = rate
        self._bars = bars
        self._free_from = WARM_UP
        self._marks: dict[int, Mark] = {}

    def extend(
        self, start: int, hit: NDArray[np.float64], kind: NDArray[np.float64], size: NDArray[np.float64]
    ) -> None:
        """Place the faults that begin within a stretch; the uniforms are those of its bars, in order of time."""
        for at in np.flatnonzero(hit < self._rate).tolist():
            if start + at >= self._free_from:
                self._place(start + at, self._kinds[int(kind[at] * len(self._kinds))], float(size[at]))

    def _place(self, bar: int, kind: str, size: float) -> None:
        shortest, longest, _ = FAULTS[kind]
        length = shortest + int(size * (longest - shortest + 1))
        if bar + length + REST > self._bars:
            return
        self._marks |= {bar + step: Mark(kind, step, length, size) for step in range(length)}
        self._free_from = bar + length + REST

    def take(self, start: int, stop: int) -> Iterator[tuple[int, Mark]]:
        """Yield the marks of bars `start` to `stop`, in order of time, each once."""
        for bar in sorted(bar for bar in self._marks if start <= bar < stop):
            yield bar, self._marks.pop(bar)
