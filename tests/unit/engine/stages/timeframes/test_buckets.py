"""Buckets equal pandas' resample, close when the rules say, and nothing ever looks ahead."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.drive import bits, make_bars
from tests.support.oracle_report import record
from tests.support.timeframes_drive import STATE, Run, buckets, drive
from tests.unit.engine.stages.timeframes.series import LENGTH, SERIES, bars_of, resampled
from worker.engine.calendar import CalendarSettings
from worker.engine.stages import timeframes
from worker.engine.stages.timeframes import TIMEFRAMES

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 20_000 * DAY
BOUND = 1e-13


def at(*minutes: float, interval_ms: int = MINUTE) -> NDArray[Any]:
    """Bars that open so many minutes after START, each with a close of its own."""
    bars = make_bars(100.0 + np.arange(len(minutes)), interval_ms=interval_ms)
    bars["ts"] = START + (np.array(minutes) * MINUTE).astype(np.int64)
    return bars


def closes(run: Run, name: str) -> list[tuple[int, int, int]]:
    """(row, start in minutes after START, bars) of each close."""
    column = run.closed[:, TIMEFRAMES.index(name)]
    rows = np.flatnonzero(np.diff(column["times"], prepend=0))
    return [
        (int(r), int(column[r]["closed"]["start"] - START) // MINUTE, int(column[r]["closed"]["bars"])) for r in rows
    ]


@pytest.mark.parametrize("offset", [0, 13 * HOUR + 30 * MINUTE])
@pytest.mark.parametrize("name", SERIES)
def test_closed_buckets_equal_a_resampled_series(name: str, offset: int) -> None:
    bars = bars_of(name)
    run = drive(bars, offset=offset)
    for timeframe in SERIES[name]:
        last, expected = buckets(run, timeframe), resampled(bars, timeframe, offset)
        assert len(expected) - 1 <= last["times"][-1] <= len(expected)
        assert len(last) > 0.6 * len(expected)  # the others closed at one bar with the bucket after them
        found, expected = last["closed"], expected.iloc[last["times"] - 1]
        assert found["start"].tolist() == expected.index.tolist()
        for column in ("bars", "open", "high", "low", "close"):
            np.testing.assert_array_equal(found[column], expected[column])
        volume = expected["volume"].to_numpy()
        record("timeframes.volume", float(np.abs(found["volume"] / volume - 1).max()), BOUND)


def test_the_bar_that_reaches_the_end_closes_its_bucket_at_once() -> None:
    assert closes(drive(at(*range(11))), "5m") == [(4, 0, 5), (9, 5, 5)]


def test_a_bar_of_a_later_bucket_closes_the_old_one_first() -> None:
    run = drive(at(0, 1, 2, 3, 7, 8, 31))
    assert closes(run, "5m") == [(4, 0, 4), (6, 5, 2)]
    assert closes(run, "15m") == [(6, 0, 6)]
    assert run.closed[4, 0]["closed"]["close"] == 103.0


def test_one_bar_may_close_two_buckets() -> None:
    assert drive(at(0, 1, 2, 3, 9)).closed["times"][:, 0].tolist() == [0, 0, 0, 0, 2]


def test_a_closed_bucket_never_opens_again() -> None:
    run = drive(at(3, 4, 4.5, 5))  # the third bar lies within the bucket that the second has closed
    assert closes(run, "5m") == [(1, 0, 2)]
    assert run.closed["closed"]["close"][-1, 0] == 101.0


def test_time_that_steps_back_begins_a_new_bucket() -> None:
    run = drive(at(1_000_000, 1_000_001, 0, 1, 2, 3, 4, 5))
    assert closes(run, "5m") == [(2, 1_000_000, 2), (6, 0, 5)]
    assert run.out["age_ms"][2, 0] == 0


def test_times_before_1970_have_buckets_too() -> None:
    bars = at(*range(10))
    bars["ts"] -= 2 * START
    assert drive(bars).closed["times"][:, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("minutes", "active"),
    [(1, "5m 15m 1h 4h 1d"), (3, "15m 1h 4h 1d"), (5, "15m 1h 4h 1d"), (45, "1d"), (60, "4h 1d"), (7, ""), (1440, "")],
)
def test_only_timeframes_that_are_multiples_of_the_interval_are_active(minutes: int, active: str) -> None:
    run = drive(at(*range(0, 3 * 1440, minutes), interval_ms=minutes * MINUTE))
    last = run.out[-1]
    assert list(TIMEFRAMES[last["first"] : last["end"]]) == active.split()


def test_age_counts_from_the_end_of_the_closed_bucket() -> None:
    out = drive(at(3, 4, 5, 6, 11)).out
    assert out["age_ms"][1:, 0].tolist() == [0, MINUTE, 2 * MINUTE, 2 * MINUTE]
    assert out["end"].tolist() == [0, 1, 1, 1, 1]


@pytest.mark.parametrize(("minutes", "partial"), [((0, 1, 5), True), ((0, 1, 2, 5), False), ((4,), True)])
def test_a_bucket_with_less_than_half_of_its_bars_is_partial(minutes: tuple[int, ...], partial: bool) -> None:
    assert bool(drive(at(*minutes)).out["partial"][-1, 0]) is partial


def test_coverage_counts_only_bars_that_the_session_allows() -> None:
    session = CalendarSettings(sessions=tuple((d * DAY + 10 * HOUR, d * DAY + 12 * HOUR) for d in range(5)))
    minutes = [10 * 60, 11 * 60, 24 * 60 + 10 * 60]  # two hourly bars, then the next day's first
    monday = at(*minutes, interval_ms=HOUR)
    monday["ts"] += 4 * DAY - START % (7 * DAY)
    day = TIMEFRAMES.index("1d")
    assert drive(monday).out["partial"][-1, day]
    assert not drive(monday, calendar=session).out["partial"][-1, day]
    never = settings_with(min_coverage=0.0)
    assert not drive(monday, settings=never).out["partial"][-1, day]


def settings_with(**fields: float) -> timeframes.Settings:
    return timeframes.Settings(**fields)


WALK = bars_of("walk")[:3_000]
WHOLE = drive(WALK)


@given(cut=st.integers(1, WALK.size - 1))
@settings(max_examples=25, deadline=None)
def test_a_prefix_gives_the_same_outputs(cut: int) -> None:
    found = drive(WALK[:cut])
    assert bits(found.out) == bits(WHOLE.out[:cut])
    assert bits(found.closed) == bits(WHOLE.closed[:cut])


@given(cut=st.integers(1, WALK.size - 1), factor=st.floats(0.1, 10), shift=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_no_output_depends_on_a_later_bar(cut: int, factor: float, shift: int) -> None:
    altered = WALK.copy()
    for name in ("open", "high", "low", "close", "volume"):
        altered[name][cut:] *= factor
    altered["ts"][cut:] += shift * MINUTE
    assert bits(drive(altered).out[:cut]) == bits(WHOLE.out[:cut])


@given(cuts=st.lists(st.integers(1, WALK.size - 1), max_size=5))
@settings(max_examples=25, deadline=None)
def test_where_batches_end_does_not_show(cuts: list[int]) -> None:
    states, ends = np.zeros(1, STATE), [0, *sorted(cuts), WALK.size]
    parts = [drive(WALK[a:b], states=states).out for a, b in pairwise(ends)]
    assert bits(np.concatenate(parts)) == bits(WHOLE.out)


def test_five_timeframes_stay_small() -> None:
    assert timeframes.STATE.itemsize <= 10_240
    assert sorted(LENGTH.values()) == list(LENGTH.values())
