"""The account: day, peak, turnover, and the days that lost more than foreseen."""

from __future__ import annotations

import pytest

from worker.risk.book.account import Account, day_of
from worker.risk.settings import DAY_MS


def test_midnight_is_the_end_of_a_day() -> None:
    assert (day_of(DAY_MS), day_of(DAY_MS + 1), day_of(2 * DAY_MS)) == (0, 1, 1)


def test_a_day_begins_at_the_last_equity_of_the_one_before() -> None:
    mine = Account(1_000.0, 1_000.0)
    for ts, equity in ((DAY_MS - 10, 1_000.0), (DAY_MS, 980.0), (DAY_MS + 10, 970.0)):
        mine.advance(ts, equity, 0.0)
    assert mine.day_base == 980.0
    assert mine.day_return == pytest.approx(970 / 980 - 1)
    assert mine.drawdown == pytest.approx(0.03)
    mine.restart_peak()
    assert mine.drawdown == 0.0


def test_turnover_is_of_a_day() -> None:
    mine = Account(1_000.0, 1_000.0)
    mine.advance(10, 1_000.0, 500.0)
    mine.advance(20, 1_000.0, 700.0)
    assert mine.turnover == 1.2
    mine.advance(DAY_MS + 10, 1_000.0, 100.0)
    assert mine.turnover == 0.1


def test_days_that_lost_more_than_foreseen_are_counted() -> None:
    mine = Account(1_000.0, 1_000.0, var=0.02)
    for day in range(300):
        mine.advance((day + 1) * DAY_MS, mine.equity * (0.97 if day % 50 == 0 else 1.0), 0.0)
        assert (mine.kupiec is None) == (day <= 250)  # no value at risk was known before the first
    assert len(mine.exceeded) == 250
    assert sum(mine.exceeded) == 5
    assert mine.kupiec == pytest.approx(1.9568, abs=1e-3)


def test_after_a_midnight_without_equity_there_is_nothing_to_lose() -> None:
    mine = Account(1_000.0, 1_000.0)
    mine.advance(10, -5.0, 0.0)
    mine.advance(DAY_MS + 10, -6.0, 0.0)
    assert mine.day_return == -1.0
    mine.advance(DAY_MS + 20, 5.0, 0.0)
    assert mine.day_return == 0.0
