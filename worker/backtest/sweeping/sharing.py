"""Tries of strategies that differ in parameters only: observed once, decided side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

from worker.backtest.metrics.days import Axis, buy_and_hold, daily, per_year, together
from worker.backtest.metrics.trading import figures
from worker.backtest.sweeping.attempt import Try, mean_equity
from worker.backtest.sweeping.cohorts import Cohort
from worker.backtest.sweeping.company import Company, Symbol
from worker.backtest.sweeping.deciding import CLOSED, DAY, FILL
from worker.backtest.sweeping.watching import Running
from worker.backtest.tape import Tape
from worker.strategy.running.compiled import Compiled
from worker.strategy.running.interpreted import Interpreted

BYTES = 512 << 20  # most that the sets of a company may keep
COLUMNS = 4_096  # most indicators of a company
Progress = Callable[[int], None]


def tries(
    tapes: Sequence[Tape], cohort: Cohort, workers: int, registry: Path | None, progress: Progress
) -> Iterator[tuple[int, Try]]:
    """Yield each try of a cohort with its number; `progress` gets how many are done.

    Their decisions are shared by `workers` threads: the kernels run without the GIL.
    """
    size, done, first = most(tapes, cohort), 0, None
    pool = ThreadPoolExecutor(workers) if workers > 1 else None
    try:
        for start in range(0, len(cohort.numbers), size):
            part = cohort.part(start, size)
            strategies = _running(part, first)
            first = strategies[0] if isinstance(strategies[0], Compiled) else None
            company = Company(cohort.settings, strategies, registry, workers)
            symbols = list(_played(company, tapes, pool, len(part.numbers), lambda n: progress(start + n)))  # noqa: B023
            yield from zip(part.numbers, _tries(symbols, len(part.numbers)), strict=True)
            done += len(part.numbers)
            progress(done)
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def most(tapes: Sequence[Tape], cohort: Cohort) -> int:
    """Return how many sets play at once: what they keep must fit into memory, however often they trade."""
    bars = sum(map(len, tapes))
    longest = max(map(len, tapes), default=0)
    each = (8 + CLOSED.itemsize) * bars + (DAY.itemsize + FILL.itemsize + CLOSED.itemsize) * longest
    one = cohort.definitions[0]
    width = max(len(one.names) + len(one.extra), 1)
    return max(1, min(BYTES // max(each, 1), COLUMNS // width))


def _running(cohort: Cohort, first: Compiled | None) -> list[Running]:
    if cohort.settings.strategy.mode == "python":
        return [Interpreted(each) for each in cohort.definitions]
    compiled = Compiled(cohort.definitions[0]) if first is None else first
    return [compiled.other(each) for each in cohort.definitions]


def _played(
    company: Company, tapes: Sequence[Tape], pool: Executor | None, sets: int, progress: Progress
) -> Iterator[Symbol]:
    total, done = max(sum(map(len, tapes)), 1), 0
    for tape in tapes:
        symbol = company.play(tape, pool)
        if symbol is not None:
            yield symbol
        done += len(tape)
        progress(sets * done // total)


def _tries(symbols: Sequence[Symbol], sets: int) -> Iterator[Try]:
    ledgers, parts = [each.ledger for each in symbols], [each.days for each in symbols]
    yearly = per_year(ledgers, together(parts))
    held = together([daily(ledger, buy_and_hold) for ledger in ledgers])
    axis, starts = Axis(parts), [part.start for part in parts]
    for k in range(sets):
        days = axis.sum(starts, [each.equity[k] for each in symbols])
        account = figures([each.accounts[k] for each in symbols], mean_equity(days), days.years)
        yield Try(days, account, yearly, held)
