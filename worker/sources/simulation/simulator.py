"""A deterministic market of any size, with labelled faults: the same bytes for the same seed on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.errors import ConfigError
from worker.sources.intervals import check_interval, open_after
from worker.sources.record import Bar, Record
from worker.sources.simulation.faults import FAULTS, FaultPlan, Label, Mark, check_kinds
from worker.sources.simulation.injection import CLEAN, Injector, Labelled
from worker.sources.simulation.market import DAY_MS, Block, Market, Purpose, Streams, on_grid
from worker.sources.simulation.variates import Floats

# Fixed starts, so that bytes do not depend on the day: early enough that 20 years of days or 5 of minutes are past.
_START_DAILY_MS = 946_857_600_000  # Monday 2000-01-03
_START_INTRADAY_MS = 1_577_836_800_000  # 2020-01-01
_BLOCK = 65_536  # bars made at once
Marks = dict[tuple[int, int], Mark]  # (bar, symbol) → what happens to it


@dataclass(frozen=True)
class Simulation:
    """What to simulate. A symbol's bars depend on its name, the seed, interval, start and faults alone."""

    symbols: int = 10
    bars: int = 1_000  # per symbol
    seed: int = 1
    interval: str = "1m"
    start_ms: int | None = None  # in the first bar, epoch ms UTC; None: 2000-01-03 for days and more, else 2020-01-01
    fault_rate: float = 0.0  # probability that a bar outside faults begins one
    faults: tuple[str, ...] = tuple(FAULTS)

    def __post_init__(self) -> None:
        check_interval(self.interval)
        check_kinds(self.faults)
        if self.symbols < 1 or self.bars < 1:
            raise ConfigError("a simulation needs at least one symbol and one bar", "Correct --simulate and --bars")
        if not 0.0 <= self.fault_rate <= 1.0 or not self.faults:
            raise ConfigError("a fault rate is a probability of some kind of fault", "Give --faults between 0 and 1")

    @property
    def names(self) -> list[str]:
        """The symbols, SIM0000, SIM0001 and so on."""
        return [f"SIM{number:04d}" for number in range(self.symbols)]

    @property
    def first_open_ms(self) -> int:
        """Open of the first bar, epoch ms UTC."""
        length = check_interval(self.interval)
        start = _START_DAILY_MS if length >= DAY_MS else _START_INTRADAY_MS
        return open_after(start if self.start_ms is None else self.start_ms, length, 0)


def simulate(simulation: Simulation) -> Iterator[Labelled]:
    """Yield records with their ground truth, interleaved by time across symbols: (Record, Label)."""
    return _Run(simulation).labelled()


def simulated_records(simulation: Simulation) -> Iterator[Record]:
    """Yield the records without their ground truth."""
    return (record for record, _ in simulate(simulation))


class _Grid(NamedTuple):
    """A block ready to be written: prices on the tick grid, as lists indexed [bar][symbol]."""

    fields: list[list[list[float]]]  # open, high, low, close, volume
    marks: Marks


class _Run:
    def __init__(self, simulation: Simulation) -> None:
        self._spec = simulation
        self._names = simulation.names
        self._interval_ms = check_interval(simulation.interval)
        self._start_ms = simulation.first_open_ms
        self._streams = Streams(self._names, simulation.seed)
        self._market = Market(self._names, self._streams, self._interval_ms, self._start_ms)
        self._injectors = [Injector(name, simulation.interval, self._interval_ms) for name in self._names]
        self._plans = [FaultPlan(simulation.faults, simulation.fault_rate, simulation.bars) for _ in self._names]
        self._scales = [1.0] * simulation.symbols  # 1 or, after a split, 1/k

    def labelled(self) -> Iterator[Labelled]:
        size = max(16, _BLOCK // self._spec.symbols)
        for start in range(0, self._spec.bars, size):
            count = min(size, self._spec.bars - start)
            yield from self._write(start, self._block(start, count))

    def _block(self, start: int, count: int) -> _Grid:
        marks = self._plan(start, count)
        live = np.ones((self._spec.symbols, count), dtype=np.bool_)
        for (bar, symbol), mark in marks.items():
            live[symbol, bar - start] = mark.kind != "stuck"
        block = self._market.advance(start, count, live)
        return _Grid(_columns(block, self._split(start, marks, block)), marks)

    def _plan(self, start: int, count: int) -> Marks:
        if not self._spec.fault_rate:
            return {}
        kinds = (Purpose.fault_hit, Purpose.fault_kind, Purpose.fault_size)
        hits, which, sizes = (self._streams.uniform(purpose, start, count) for purpose in kinds)
        for symbol, plan in enumerate(self._plans):
            plan.extend(start, hits[symbol], which[symbol], sizes[symbol])
        return {
            (bar, symbol): mark
            for symbol, plan in enumerate(self._plans)
            for bar, mark in plan.take(start, start + count)
        }

    def _split(self, start: int, marks: Marks, block: Block) -> Floats:
        """Return the factor on each bar's prices, shape (symbols, bars): a split holds from its first bar on."""
        scale: NDArray[np.float64] = np.repeat(np.array(self._scales)[:, None], block.open.shape[1], axis=1)
        for (bar, symbol), mark in sorted(marks.items()):
            if mark.kind == "split" and mark.step == 0:
                before = self._scales[symbol]
                after = 1.0 / (3 + int(mark.size * 3)) if before == 1.0 else 1.0
                self._scales[symbol] = after
                scale[symbol, bar - start :] = after
        return scale

    def _write(self, start: int, grid: _Grid) -> Iterator[Labelled]:
        marks, names, injectors = grid.marks, self._names, self._injectors
        for at, columns in enumerate(zip(*grid.fields, strict=True)):
            ts = open_after(self._start_ms, self._interval_ms, start + at)
            for symbol, values in enumerate(zip(*columns, strict=True)):
                bar = Bar(names[symbol], ts, *values)
                mark = marks.get((start + at, symbol)) if marks else None
                if mark is None:
                    yield injectors[symbol].clean(bar), CLEAN
                else:
                    yield from injectors[symbol].spoil(bar, mark)


def _columns(block: Block, scale: Floats) -> list[list[list[float]]]:
    prices = [on_grid(price * scale) for price in (block.open, block.high, block.low, block.close)]
    volume = np.maximum(np.rint(block.volume / scale), 1.0)
    return [column.T.tolist() for column in (*prices, volume)]


__all__ = ["Label", "Simulation", "simulate", "simulated_records"]
