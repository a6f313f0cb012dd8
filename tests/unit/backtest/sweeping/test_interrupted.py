"""An interrupt ends sets that play side by side at once, in threads or in one."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

from tests.support.strategies import STRATEGIES
from tests.unit.backtest.sweeping.test_sharing import played, settings
from worker.backtest.sweeping.cohorts import cohorts
from worker.backtest.sweeping.sharing import tries


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_ends_a_sweep(tmp_path: Path, workers: int) -> None:
    sets = [{"enter": enter} for enter in range(5, 105)]
    given = settings(tmp_path / "own.py", STRATEGIES["breakout"], sets, strategy={"mode": "python"})
    [cohort] = cohorts(given)
    tapes = played()
    list(tries(tapes, cohort.part(0, 2), workers, None, lambda _: None))  # imports, kernels and the watchdog are there
    before = threading.active_count()
    begun: list[float] = []

    def interrupt(*_: object) -> None:
        begun.append(time.monotonic())
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(tries(tapes, cohort, workers, None, lambda _: None))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert begun
    assert threading.active_count() == before
    assert time.monotonic() - begun[0] < 20.0  # all sets take a minute
