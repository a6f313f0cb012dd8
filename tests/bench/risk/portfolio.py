"""A portfolio of many symbols with a full window of returns: what the monitor's costs are measured on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tests.support.portfolio import MINUTE, START, decision
from worker.engine.settings import EngineSettings
from worker.risk.figures.covariance import WINDOW
from worker.risk.monitor import Monitor, Output
from worker.risk.settings import RiskSettings

HOUR = 60 * MINUTE
BEGIN = START + HOUR  # of the decisions, so that the rows of the past lie before them
MOVE = 1e-3  # of a return, about
# So large that nothing trips: what is measured are figures and records, not stops.
RISK: dict[str, Any] = {"capital": 1e6, "max_symbol": 10.0, "max_group": 100.0, "max_cluster": 100.0}


class Minute(NamedTuple):
    """The decisions of one bar, (partition, offset, value)."""

    ts: int  # its close, epoch ms UTC
    decisions: list[tuple[int, int, bytes]]


class Begun(NamedTuple):
    """The first minute, and what its step writes with the whole state."""

    minute: Minute
    output: Output


class Many:
    """Symbols that walk at random, of which the first `held` have a position."""

    def __init__(self, symbols: int, held: int, partitions: int = 4, changing: bool = False, seed: int = 1) -> None:
        """Begin; where it is `changing`, one position is closed and another opened in each minute."""
        self.risk = RiskSettings.model_validate(RISK)
        self.monitor = Monitor(self.risk, EngineSettings(), partitions)
        self.partitions = partitions
        self._names = [f"S{at:05d}" for at in range(symbols)]
        self._rng = np.random.default_rng(seed)
        self._price = np.full(symbols, 100.0)
        self._held = np.where(np.arange(symbols) < held, np.where(np.arange(symbols) % 2, -10.0, 10.0), 0.0)
        self.changing = changing
        self._minutes = 0

    def begin(self) -> Begun:
        """Take the first minute under a full window of returns."""
        first = next(self.minutes(1))
        for one in first.decisions:
            self.monitor.take(*one)
        rows, common = [], self._rng.normal(size=WINDOW) * MOVE
        slots = np.arange(len(self._names))
        for at in range(WINDOW):
            ts = BEGIN - (WINDOW - at) * HOUR
            rows.append(self.monitor.book.returns.append(ts, slots, 0.5 * common[at] + self._moves()))
        output = self.monitor.advance(first.ts)
        returns = [(f"ret-{row.number % WINDOW}", msgspec.msgpack.encode(row)) for row in rows]
        return Begun(first, output._replace(state=[*returns, *output.state]))

    def minutes(self, count: int) -> Iterator[Minute]:
        """Yield the next minutes."""
        for _ in range(count):
            at, self._minutes = self._minutes, self._minutes + 1
            ts = BEGIN + at * MINUTE
            self._price *= 1.0 + self._moves()
            if self.changing and at:
                self._swap()
            rows = zip(self._names, self._price.round(4).tolist(), self._held.tolist(), strict=True)
            values = [decision(name, ts, close, held) for name, close, held in rows]
            own = -(-len(values) // self.partitions)  # decisions of a partition in a minute
            placed = [(i % self.partitions, at * own + i // self.partitions, value) for i, value in enumerate(values)]
            yield Minute(ts + MINUTE, placed)

    def _moves(self) -> NDArray[np.float64]:
        return self._rng.normal(size=len(self._names)) * MOVE

    def _swap(self) -> None:
        held, flat = np.flatnonzero(self._held), np.flatnonzero(self._held == 0.0)
        if flat.size:
            self._held[self._rng.choice(flat)] = 10.0
        self._held[self._rng.choice(held)] = 0.0
