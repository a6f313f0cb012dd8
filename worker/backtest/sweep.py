"""Sweep of many settings over the same bars, and the share of the best result that is due to the number of tries."""

from __future__ import annotations

import math
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.metrics.days import Days
from worker.backtest.metrics.ratios import Edge, Ratios, best_by_chance, edge, probable, ratios
from worker.backtest.metrics.trading import Trading
from worker.backtest.sweeping.attempt import Try, try_out
from worker.backtest.sweeping.walking import By, Walk, walk_forward
from worker.backtest.tape import Tape
from worker.engine.settings import EngineSettings
from worker.errors import TryAgain

if TYPE_CHECKING:
    from worker.backtest.sweeping.cohorts import Cohort

Floats = NDArray[np.float64]
Progress = Callable[[int], None]


class Sweep(NamedTuple):
    """Figures of every try, and the walk-forward result of always taking the best so far."""

    ratios: list[Ratios]
    deflated: list[float]  # probability that the Sharpe ratio exceeds the expected best of as many tries without edge
    trading: list[Trading]
    walk: Walk
    first_ms: int  # open of the first bar, epoch ms
    last_ms: int  # close of the last one


def sweep(
    tapes: Sequence[Tape],
    settings: Sequence[EngineSettings],
    folds: int,
    workers: int,
    progress: Progress,
    registry: Path | None = None,
    by: By = "sharpe",
) -> Sweep:
    """Play the tapes under each of the settings; `registry` is the folder of their models.

    The walk chooses `by` a figure. Settings that differ in parameters of a strategy alone share work, in threads; the
    others have processes.
    """
    return judge(_tried(tapes, settings, workers, progress, registry), folds, by, workers)


def judge(tries: Sequence[Try], folds: int, by: By = "sharpe", workers: int = 1) -> Sweep:
    """Compute the figures of tries on the same input. A try without a bar on a day has no return there."""
    days = np.unique(np.concatenate(list({id(one.days.day): one.days.day for one in tries}.values())))
    whole = max(tries, key=lambda one: one.days.day.size)
    year, years = whole.per_year, whole.days.years
    returns = np.array([_laid_out(one.days, days) for one in tries])
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda rows: _figures(rows, year, years), np.array_split(returns, 4 * workers))
        edges, figures = zip(*chain.from_iterable(parts), strict=True)
    known = np.array([one.ratio for one in edges if not math.isnan(one.ratio)])
    chance = best_by_chance(float(np.var(known, ddof=1)), len(tries)) if known.size > 1 else 0.0
    return Sweep(
        ratios=list(figures),
        deflated=[probable(one, chance) for one in edges],
        trading=[one.trading for one in tries],
        walk=walk_forward(returns, _laid_out(whole.held, days), days, folds, year, by),
        first_ms=whole.days.first_ms,
        last_ms=whole.days.last_ms,
    )


def _figures(returns: Floats, year: float, years: float) -> list[tuple[Edge, Ratios]]:
    edges = map(edge, returns)
    return [(one, ratios(row, year, years, found=one)) for row, one in zip(returns, edges, strict=True)]


def _laid_out(own: Days, days: NDArray[np.int64]) -> Floats:
    """Return the returns of a try on all days; 0 where it has no bar."""
    if own.day.size == days.size:
        return own.returns
    row = np.zeros(days.size)
    row[np.searchsorted(days, own.day)] = own.returns
    return row


def _tried(
    tapes: Sequence[Tape],
    settings: Sequence[EngineSettings],
    workers: int,
    progress: Progress,
    registry: Path | None,
) -> list[Try]:
    found: dict[int, Try] = {}
    for cohort in _cohorts(settings):
        from worker.backtest.sweeping.sharing import tries

        before = len(found)
        found.update(tries(tapes, cohort, workers, registry, lambda done: progress(before + done)))  # noqa: B023
    left = [number for number in range(len(settings)) if number not in found]
    before = len(found)
    alone = _alone(
        tapes, [settings[number] for number in left], workers, lambda done: progress(before + done), registry
    )
    found.update(zip(left, alone, strict=True))
    return [found[number] for number in range(len(settings))]


def _cohorts(settings: Sequence[EngineSettings]) -> list[Cohort]:
    """Return the tries that share; without a strategy, nothing of what runs strategies is imported."""
    if not any(one.strategy.configured for one in settings):
        return []
    from worker.backtest.sweeping.cohorts import cohorts

    return cohorts(settings)


def _alone(
    tapes: Sequence[Tape],
    settings: Sequence[EngineSettings],
    workers: int,
    progress: Progress,
    registry: Path | None,
) -> Iterator[Try]:
    if workers == 1 or len(settings) <= 1:
        for done, one in enumerate(settings, 1):
            yield try_out(tapes, one, registry)
            progress(done)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(settings)), context, _start, (list(tapes), registry)) as pool:
        # A process that is interrupted while it starts would print a traceback: it takes signals from `_start` on.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            tries = pool.map(_try, settings)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        try:
            for done, found in enumerate(tries, 1):
                yield found
                progress(done)
        except BrokenProcessPool:
            raise TryAgain("a process of the sweep has ended", "Its last words stand above") from None


_tapes: Any  # the tapes of this process
_registry: Path | None


def _start(tapes: list[Tape], registry: Path | None) -> None:
    global _tapes, _registry
    _tapes, _registry = tapes, registry
    sys.stdout = sys.stderr  # a strategy may print, and the data of a command is on standard output
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _try(settings: EngineSettings) -> Try:
    return try_out(_tapes, settings, _registry)
