"""The strategy that plays for a cohort in the engine: it lets the indicators of all sets be computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.strategy.hooked import Observation, Part
from worker.engine.strategy.observe import observe
from worker.engine.strategy.plan import Plan, plan
from worker.strategy.describing.definition import Definition
from worker.strategy.running.compiled import Compiled
from worker.strategy.running.interpreted import Interpreted

Running = Compiled | Interpreted


class Union(NamedTuple):
    """The indicators of several sets in one plan, and the extra columns of ticks, which are those of all."""

    plan: Plan
    columns: NDArray[np.int64]  # (sets, width): where each set's lie in a row
    extras: slice  # the extra columns of a row


def union(definitions: Sequence[Definition]) -> Union:
    """Lay out the indicators of all sets; those of the first are also the first columns, as its step reads them.

    The extra columns follow these.
    """
    series = [[each.series for each in found.indicators.values()] for found in definitions]
    width, more = len(series[0]), len(definitions[0].extra)
    rows = plan({str(i): each for i, each in enumerate(one for found in series for one in found)})
    distinct, places = np.unique(rows.outputs, return_inverse=True)
    room = np.zeros(more, rows.outputs.dtype)  # written by the kernel, and then by the extra columns
    outputs = np.concatenate([rows.outputs[:width], room, distinct])
    extras = np.arange(width, width + more)
    columns = np.hstack([width + more + places.reshape(len(series), width), np.tile(extras, (len(series), 1))])
    return Union(rows._replace(outputs=outputs), columns, slice(width, width + more))


class Watch:
    """The first set's strategy (`engine.strategy.hooked.Hooked`), with the indicators of all sets.

    `seen` is the batch that the engine has shown last.
    """

    def __init__(self, strategy: Running, shared: Union | None) -> None:
        """Without `shared`, compute the strategy's own."""
        self._strategy, self._shared = strategy, shared
        self.address: int = strategy.address
        self.own: np.dtype[Any] = strategy.own
        self.params: NDArray[Any] = strategy.params
        self.plan, self.parts = "", list[Part]()  # of a memory that is never stored
        self.extra = strategy.extra
        self.words = strategy.words if shared is None else shared.plan.words
        self.columns = strategy.columns if shared is None else len(shared.plan.outputs)
        self.seen: Observation | None = None

    def observe(self, seen: Observation) -> None:
        """Advance the indicators by a batch."""
        self.seen = seen
        if self._shared is None:
            self._strategy.observe(seen)
            return
        rows = self._shared.plan
        observe(
            *(seen.order, seen.slots, seen.instruments, seen.bars, seen.outs, seen.memory, rows.words),
            *(rows.nodes, rows.timeframes, rows.outputs, seen.values, seen.was),
        )
        if self.extra:
            seen.values[:, self._shared.extras] = seen.extras

    def begin_anew(self) -> None:
        """Do nothing: a sweep does not tell which indicators were never known."""

    def unknown(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def migrate(self, old: dict[str, Any]) -> Mapping[str, Any] | None:
        """Return nothing: a sweep stores no state."""
        return None

    @property
    def units(self) -> NDArray[np.float64]:
        """Return nothing known: a sweep meets no corporate action."""
        return np.full(self.words, np.nan)

    def split(self, own: NDArray[np.uint8], factor: float) -> None:
        """Do nothing: a sweep meets no corporate action."""

    def rebuilding(self, interval_ms: int) -> int:
        """Return nothing: a sweep restores no state."""
        return 0

    def deciding(self) -> None:
        """Note that the steps of a batch begin."""
        assert self.seen is not None, "observe comes first"
        self._strategy.work.begin(self.seen)

    def raise_fatal(self) -> None:
        """Raise what a step met that must end the process."""
        self._strategy.raise_fatal()
