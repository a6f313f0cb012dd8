"""Afternoons without PM are refused, whatever the length of the bars and the order of the rows."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.errors import DataError
from worker.sources.times.columns import TimeScan

SESSIONS = {"New York": (570, 960), "Shanghai": (570, 690, 780, 900), "all day": (0, 1_440), "afternoon": (720, 1_000)}


def bars(session: str, minutes: int) -> list[datetime]:
    days, hours = [datetime(2024, 3, day) for day in (4, 5, 6)], SESSIONS[session]
    return [
        day + timedelta(minutes=at)
        for day in days
        for begin, end in zip(hours[::2], hours[1::2], strict=True)
        for at in range(begin, end, minutes)
    ]


def decide(cells: list[str], owners: list[int], cut: int, form: str | None = None) -> int:
    scan = TimeScan("x.csv", "Date", form, None, None)
    for at in range(0, len(cells), cut):
        scan.feed(cells[at : at + cut], np.array(owners[at : at + cut], np.int64))
    return scan.decide().rows


@pytest.mark.parametrize("session", SESSIONS)
@settings(max_examples=20)
@given(minutes=st.sampled_from([5, 30, 60]), symbols=st.integers(1, 2), newest=st.booleans(), cut=st.integers(20, 300))
def test_afternoons_without_pm_are_refused(session: str, minutes: int, symbols: int, newest: bool, cut: int) -> None:
    times = [time for time in bars(session, minutes) for _ in range(symbols)]
    owners = [row % symbols for row in range(len(times))]
    right = [f"{time:%Y-%m-%d %H:%M}" for time in times]
    assert decide(right, owners, cut) == len(times)
    wrong = [f"{time:%Y-%m-%d} {time.hour % 12 or 12}:{time:%M}" for time in times][:: -1 if newest else 1]
    with pytest.raises(DataError, match="a clock of twelve hours without AM or PM"):
        decide(wrong, owners, cut)
    assert decide(wrong, owners, cut, "%Y-%m-%d %H:%M") == len(times)


def test_a_session_that_stands_twice_is_no_clock_of_twelve_hours() -> None:
    hong_kong = [
        f"2024-03-0{day} {at // 60:02}:{at % 60:02}" for day in (4, 5) for _ in "AB" for at in range(90, 480, 5)
    ]
    assert decide(hong_kong, [0] * len(hong_kong), 50) == len(hong_kong)


def test_one_bar_that_comes_late_is_no_clock_of_twelve_hours() -> None:
    cells = [f"2024-03-04 {hour:02}:{minute:02}" for hour in range(9, 13) for minute in range(0, 60, 5)]
    late = [*cells[:40], cells[3], *cells[40:]]
    assert decide(late, [0] * len(late), 50) == len(late)
