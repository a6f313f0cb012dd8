"""Sets of parameters that play side by side over the same tapes, and what is kept of each."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from concurrent.futures import Executor
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.ledger import BARS, Ledger
from worker.backtest.metrics.days import Days, daily
from worker.backtest.metrics.sessions import trading_days
from worker.backtest.metrics.trading import Account, exceedances
from worker.backtest.player import Player
from worker.backtest.sweeping.deciding import CLOSED, COUNTS, DAY, FILL, Kept, sets_of
from worker.backtest.sweeping.lane import Course, Lane
from worker.backtest.sweeping.turns import spelled
from worker.backtest.sweeping.watching import Running, Watch, union
from worker.backtest.tape import Tape
from worker.engine.pipeline import params
from worker.engine.settings import EngineSettings
from worker.engine.strategy.hooked import Observation
from worker.strategy.running.watchdog import watch

NO_END = np.iinfo(np.int64).max


class Symbol(NamedTuple):
    """What is kept of a symbol: the rows of the first set, and the figures of each."""

    ledger: Ledger
    days: Days
    equity: NDArray[np.float64]  # (sets, trading days)
    accounts: list[Account]


class Company:
    """Sets of one cohort.

    The engine plays each tape twice: first to know its trading days, then to show each slice to all sets.
    """

    def __init__(self, settings: EngineSettings, strategies: Sequence[Running], registry: Path | None, lanes: int):
        self._strategies, self._settings = strategies, settings
        width = strategies[0].columns
        shared = all(each.definition.rolling is None for each in strategies)
        both = union([each.definition for each in strategies]) if shared else None
        self._columns = np.tile(np.arange(width), (len(strategies), 1)) if both is None else both.columns
        self._watch = Watch(strategies[0], both)
        self._player = Player(settings, registry, self._watch)
        bounds = np.linspace(0, len(strategies), min(lanes, len(strategies)) + 1).astype(int).tolist()
        own, timeout = params(settings), settings.strategy.step_timeout_ms / 1000
        self._lanes = [Lane(strategies, *pair, own, shared, timeout) for pair in pairwise(bounds)]
        if shared:  # the engine asks the first, too
            strategies[0].work.parameters = spelled(strategies[0].definition)
            watch(strategies[0].work, timeout)

    def play(self, tape: Tape, pool: Executor | None) -> Symbol | None:
        """Play a tape for all sets; None where no bar is accepted. Without a pool, there is one lane."""
        ledger = self._player.play(tape)
        if not len(ledger.bars):
            return None
        last = np.flatnonzero(np.diff(trading_days(ledger), append=NO_END))
        course = self._course(ledger, last)
        for lane in self._lanes:
            lane.begin()
        for _ in self._player.steps(tape):
            seen = self._watch.seen
            if seen is not None and seen.slots.size and seen.slots.max() >= 0:
                self._decide(_narrowed(seen), course, pool)
        return _symbol(ledger, course.kept)

    def _course(self, ledger: Ledger, last: NDArray[np.int64]) -> Course:
        strategies, bars = self._strategies, len(ledger.bars)
        ends = np.zeros(bars, np.bool_)
        ends[last] = True
        size, words = len(strategies), -(-strategies[0].own.itemsize // 8)
        addresses = [each.address for each in strategies]
        sets = sets_of(addresses, [each.params.ctypes.data for each in strategies], self._columns, words)
        fills, closed = _sparse((size, bars), FILL), _sparse((size, bars), CLOSED)
        kept = Kept(np.zeros((size, last.size), DAY), fills, closed, np.zeros(size, COUNTS))
        return Course(sets, kept, ledger.budget, ends)

    def _decide(self, seen: Observation, course: Course, pool: Executor | None) -> None:
        stop = Event()
        if pool is None:
            for lane in self._lanes:
                lane.decide(seen, course, stop)
            return
        jobs = [pool.submit(lane.decide, seen, course, stop) for lane in self._lanes]
        try:
            for job in jobs:
                job.result()
        finally:
            stop.set()  # where one has failed, or an interrupt ends the wait


def _narrowed(seen: Observation) -> Observation:
    """Return a batch of one symbol with its slot as 0."""
    slot = int(seen.slots.max())
    instruments, name = seen.instruments[slot : slot + 1], seen.symbol(slot)
    slots = np.where(seen.slots >= 0, 0, -1)
    return seen._replace(slots=slots, instruments=instruments, symbol=lambda _: name)


def _sparse(shape: tuple[int, int], of: np.dtype[Any]) -> NDArray[Any]:
    """Return zeros of which a page is made where it is written: numpy's come in huge pages, of which most stay zero."""
    size = max(shape[0] * shape[1] * of.itemsize, 1)
    return np.ndarray(shape, of, mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


def _symbol(ledger: Ledger, kept: Kept) -> Symbol:
    equity: Any = np.ascontiguousarray(kept.days["equity"])
    var99: Any = kept.days["var99"]
    bars = np.zeros(len(ledger.bars), BARS)  # their sums, added in the order of a ledger's
    accounts = []
    for k, counts in enumerate(kept.counts):
        fills, closed = kept.fills[k, : counts["fills"]], kept.closed[k, : counts["closed"]]
        traded, fees, slippage = (
            _sum(bars[name], fills["bar"], fills[name]) for name in ("traded", "fees", "slippage")
        )
        days, exceeded = exceedances(equity[k], var99[k], ledger.budget)
        results, held = closed["pnl"].copy(), closed["bars_held"].copy()
        numbers = int(counts["bars"]), int(counts["held"])
        accounts.append(Account(results, held, *numbers, traded, fees, slippage, days, exceeded))
    return Symbol(ledger, daily(ledger), equity, accounts)


def _sum(column: Any, at: Any, values: Any) -> float:
    """Return the sum of a column of zeros with these values in it, and leave zeros."""
    column[at] = values
    total = float(np.sum(column))
    column[at] = 0.0
    return total
