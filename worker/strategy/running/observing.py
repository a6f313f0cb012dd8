"""What both ways to run a strategy share: its indicators, and the sizes of its records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.pipeline import OUTPUT
from worker.engine.strategy.hooked import Observation, Part
from worker.engine.strategy.observe import observe
from worker.engine.strategy.parts import parts
from worker.engine.strategy.plan import plan
from worker.strategy.describing.definition import Definition
from worker.strategy.describing.rebuilding import rebuilding
from worker.strategy.running.playing import Player
from worker.strategy.running.splitting import powers, split
from worker.strategy.running.watchdog import UNPLAYED, Work


def warm_up() -> None:
    """Compile the kernel of the indicators, or load it from the cache; one serves every strategy."""
    nothing, none = plan({}), np.zeros(0, np.int64)
    observe(
        *(none, none, np.zeros(0, INSTRUMENT), np.zeros(0, BAR), np.zeros(0, OUTPUT), np.zeros((0, nothing.words))),
        *(nothing.words, nothing.nodes, nothing.timeframes, nothing.outputs, np.zeros((0, 0)), np.zeros((0, 0))),
    )


def _fingerprint(definition: Definition) -> str:
    own = definition.rolling
    if own is None:
        return definition.plan.fingerprint
    parameters = definition.record[0].tobytes()
    digest = hashlib.sha256(f"{definition.plan.fingerprint} {own.digest} {own.record.descr}".encode() + parameters)
    return digest.hexdigest()[:16]


class Observing:
    """The indicators of a strategy, planned."""

    address: int
    params: NDArray[Any]

    def __init__(self, definition: Definition, player: Player | None = None) -> None:
        self._begin(definition, player)

    def _begin(self, definition: Definition, player: Player | None) -> None:
        self.definition = definition
        self._player = player
        self.words = definition.words
        self.columns = len(definition.names) + len(definition.extra)
        self.extra = definition.extra
        self.own: np.dtype[Any] = definition.own
        self._known = np.zeros(self.columns, np.bool_)
        self.work = Work(definition.name, str(definition.source.file))
        self._seen: Observation | None = None
        for late in ("plan", "parts", "units"):
            self.__dict__.pop(late, None)

    @cached_property
    def plan(self) -> str:
        """Fingerprint of the indicators."""
        return _fingerprint(self.definition)

    @cached_property
    def parts(self) -> list[Part]:
        """Parts of the memory that go on under another plan which has them too."""
        return parts(self.definition.plan)

    def begin_anew(self) -> None:
        """Forget which indicators were known."""
        self._known[:] = False

    def unknown(self) -> tuple[str, ...]:
        """Return the indicators, and the extra columns (`c.extra.x`), that were known at the end of no batch so far."""
        names = (*self.definition.names, *(f"c.extra.{name}" for name in self.extra))
        return tuple(name for name, known in zip(names, self._known, strict=True) if not known)

    def observe(self, seen: Observation) -> None:
        """Advance the indicators of a batch (`engine.strategy.hooked.Hooked`)."""
        rows, column = self.definition.plan, len(self.definition.indicators)  # the first that `observe` publishes
        if self._player is not None:
            seen.values[:, column] = UNPLAYED
        observe(
            *(seen.order, seen.slots, seen.instruments, seen.bars, seen.outs, seen.memory, rows.words),
            *(rows.nodes, rows.timeframes, rows.outputs, seen.values, seen.was),
        )
        if self.extra:
            seen.values[:, len(self.definition.names) :] = seen.extras
        if self._player is not None:
            self._play(self._player, seen, column)
        self._seen = seen
        last = seen.order[-1] if seen.order.size else 0
        if seen.order.size and seen.slots[last] >= 0 and seen.outs["validation"]["accepted"][last]:
            self._known |= ~np.isnan(seen.values[last])

    def _play(self, player: Player, seen: Observation, column: int) -> None:
        self.work.begin(seen, column)
        try:
            player.play(seen)
        finally:
            self.work.end()

    def deciding(self) -> None:
        """Note that the steps of a batch begin (`engine.strategy.hooked.Hooked`)."""
        assert self._seen is not None, "observe comes first"
        self.work.begin(self._seen)

    def raise_fatal(self) -> None:
        """Raise what a step met that must end the process; machine code meets nothing of the kind."""
        self.work.end()
        self._seen = None

    def rebuilding(self, interval_ms: int) -> int:
        """Return the bars that rebuild the indicators (`engine.strategy.hooked.Hooked`)."""
        return rebuilding((each.series for each in self.definition.indicators.values()), interval_ms)

    @cached_property
    def units(self) -> NDArray[np.float64]:
        """Power of the price factor of each word of the memory (`engine.strategy.hooked.Hooked`)."""
        return powers(self.definition)

    def split(self, own: NDArray[np.uint8], factor: float) -> None:
        """Bring the state to another price level (`engine.strategy.hooked.Hooked`).

        Raises:
            StrategyRefused: the strategy's `split` raises.
        """
        split(self.definition, own, factor)

    def migrate(self, old: dict[str, Any]) -> Mapping[str, Any] | None:
        """Return the state's fields from those of another version, by name; None where the strategy can't say."""
        migrate = getattr(self.definition.source.strategy, "migrate", None)
        return None if migrate is None else dict(migrate(old))
