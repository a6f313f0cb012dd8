"""Stops: a day's loss, a drawdown, no equity; when they end."""

from __future__ import annotations

import pytest

from tests.support.portfolio import START
from worker.risk.book.account import Account
from worker.risk.rules.stops import Stops
from worker.risk.settings import DAY_MS, RiskSettings

GIVEN = RiskSettings(capital=1_000.0)


class Day:
    """An account and its stops, step by step."""

    def __init__(self) -> None:
        self.account, self.stops = Account(1_000.0, 1_000.0), Stops()

    def step(self, minute: int, equity: float, acknowledged: bool = False) -> list[str]:
        ts = START + minute * 60_000
        self.account.advance(ts, equity, 0.0)
        if acknowledged:
            self.stops.acknowledge(self.account)
        return [trip.rule for trip in self.stops.advance(ts, self.account, GIVEN)]


MIDNIGHT = 1_440


def test_a_loss_of_the_day_blocks_until_midnight() -> None:
    day = Day()
    assert day.step(1, 1_000.0) == []
    assert day.step(2, 985.1) == []
    assert day.step(3, 985.0) == ["day_block"]
    assert day.step(4, 999.0) == []
    assert day.stops.blocked(START + 60_000 * MIDNIGHT)
    assert not day.stops.blocked(START + 60_000 * MIDNIGHT + 1)
    assert not day.stops.killed


@pytest.mark.parametrize("acknowledged", [5, MIDNIGHT + 10])
def test_a_kill_ends_with_the_next_day_and_an_acknowledgement(acknowledged: int) -> None:
    day = Day()
    day.step(1, 1_000.0)
    assert day.step(2, 970.0) == ["day", "day_block"]
    killed = []
    for minute in (3, 5, 6, MIDNIGHT, MIDNIGHT + 1, MIDNIGHT + 10, MIDNIGHT + 11):
        assert day.step(minute, 970.0, minute == acknowledged) == []
        killed.append(day.stops.killed)
    assert killed == [True] * 4 + ([False] * 3 if acknowledged == 5 else [True, False, False])


def test_an_acknowledgement_before_the_kill_counts_nothing() -> None:
    day = Day()
    day.step(1, 1_000.0, acknowledged=True)
    day.step(2, 960.0)
    day.step(MIDNIGHT + 1, 960.0)
    assert day.stops.killed


def test_the_next_days_loss_is_another_kill() -> None:
    day = Day()
    day.step(1, 1_000.0)
    day.step(2, 970.0)
    day.step(3, 970.0, acknowledged=True)
    assert day.step(MIDNIGHT + 1, 900.0) == ["day", "day_block"]  # -7% since midnight
    day.step(2 * MIDNIGHT + 1, 900.0)
    assert day.stops.killed


def lost_slowly(day: Day, to: float) -> list[str]:
    trips: list[str] = []
    for at in range(1, 16):
        trips += day.step(at * MIDNIGHT, 1_000.0 - (1_000.0 - to) * at / 15)
    return trips


def test_a_drawdown_stop_begins_the_peak_anew_with_its_acknowledgement() -> None:
    day = Day()
    assert lost_slowly(day, 850.0) == ["drawdown"]
    assert day.step(16 * MIDNIGHT, 850.0) == []
    assert day.stops.killed
    assert day.step(16 * MIDNIGHT + 5, 850.0, acknowledged=True) == []
    assert (day.account.peak, day.account.drawdown) == (850.0, 0.0)
    assert not day.stops.killed  # the day of the trip is over
    assert day.step(16 * MIDNIGHT + 6, 700.0) == ["day", "drawdown", "day_block"]


def test_a_drawdown_that_goes_on_after_the_acknowledgement_trips_again() -> None:
    day = Day()
    lost_slowly(day, 850.0)
    assert day.step(15 * MIDNIGHT + 1, 850.0, acknowledged=True) == []
    assert "drawdown" in day.step(15 * MIDNIGHT + 2, 720.0)
    day.step(17 * MIDNIGHT, 720.0)
    assert day.stops.killed


def test_without_equity_an_acknowledgement_is_in_vain() -> None:
    day = Day()
    assert "equity" in day.step(1, -5.0) or "equity" in day.step(2, -5.0)
    for at in range(1, 4):
        assert day.step(at * MIDNIGHT + 1, -5.0, acknowledged=True) == ["day_block"]
        assert day.stops.killed
    day.step(5 * MIDNIGHT, 500.0, acknowledged=True)
    day.step(6 * MIDNIGHT + 1, 500.0, acknowledged=True)
    day.step(7 * MIDNIGHT + 2, 500.0)
    assert not day.stops.killed


def test_midnight_itself_is_of_the_day_before() -> None:
    day = Day()
    day.step(1, 1_000.0)
    assert day.step(MIDNIGHT, 970.0) == ["day", "day_block"]
    assert day.stops.kills[0].day == START // DAY_MS
