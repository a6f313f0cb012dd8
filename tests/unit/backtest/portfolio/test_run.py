"""The folder of a portfolio's run is that of its replay."""

from __future__ import annotations

from pathlib import Path

from tests.unit.backtest.portfolio.portfolios import CALM, crashing
from worker.backtest.portfolio.run import Manner, portfolio_backtest
from worker.backtest.tape import tapes
from worker.engine.settings import EngineSettings


def test_bars_that_arrive_late_leave_the_same_folder(tmp_path: Path) -> None:
    """Seven seconds after their close: the monitor's clock is then ahead of its steps."""
    late = [
        (key, value, ts + 7_000)
        for tape in crashing(3, 80, 10)
        for key, value, ts in map(tape.record, range(len(tape)))
    ]
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, recorded in ((first, None), (second, first)):
        portfolio_backtest(tapes(late), EngineSettings(), Manner(CALM, None, recorded), folder, 1, lambda _: None)
    assert (first / "portfolio.jsonl").stat().st_size > 0
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes(), file.name
