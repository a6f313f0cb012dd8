"""Rule 39: bars that overlap. What was decided never overlaps, whatever comes in which order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from tests.support.drive import Array, Symbol
from tests.support.examples import drawn
from tests.unit.engine.stages.validation.case import DAY, HOUR, MINUTE, MONDAY, Case
from tests.unit.engine.stages.validation.test_late import FAR, feeds, jumped
from worker.engine.calendar import CalendarSettings
from worker.engine.stages.validation import Settings
from worker.engine.stages.validation.overlap import least_length

OVERLAP = {"overlapping_bar"}
SECOND = 1_000


def at(case: Case, ms: int, **fields: float) -> set[str]:
    """Codes of a bar that begins so many ms after the last accepted one."""
    return case.codes(ts=int(case.own["last"]["ts"]) + ms, **fields)


def test_a_bar_begins_when_the_one_before_has_ended() -> None:
    assert at(Case(), 30 * SECOND) == OVERLAP
    assert at(Case(), 59_399) == OVERLAP
    assert at(Case(), 59_400) == {"ts_misaligned"}  # a hundredth of its length early: a rounded time
    assert at(Case(), MINUTE) == set()


def test_bars_every_few_ms_that_say_one_minute_are_one_a_minute() -> None:
    case = Case(bars=0)
    accepted = [n for n in range(3_000) if case.show(ts=case.start + n * 60)["accepted"]]
    assert accepted == [0, 990, 1_980, 2_970]


def test_an_overlapping_bar_changes_nothing() -> None:
    case = Case()
    before = case.symbol.state.tobytes()
    assert at(case, 30 * SECOND) == OVERLAP
    assert case.symbol.state.tobytes() == before
    assert case.codes() == set()


def test_repeated_bars_are_duplicates_and_late_ones_late_as_before() -> None:
    case = Case()
    same = {name: float(case.last[name]) for name in ("open", "high", "low", "close", "volume")}
    assert at(case, 0, **same) == {"duplicate_bar"}
    assert at(case, -30 * SECOND) == {"out_of_order"}


def test_a_bar_that_overlaps_a_quarantined_one_confirms_no_level() -> None:
    case = Case()
    jump = {"open": 300.0, "high": 300.0, "low": 300.0, "close": 300.0}
    assert "price_change_exceeded" in at(case, MINUTE, **jump)
    for ms in (80, 90, 100):
        assert at(case, ms * SECOND, **jump) == OVERLAP
    assert case.own["pending"] == 1
    assert at(case, 2 * MINUTE) == {"gap"}


def test_behind_a_jump_a_bar_must_fit_between_what_was_decided() -> None:
    case = jumped()  # bars up to -FAR and the one at 0 are decided
    reference = int(case.own["last"]["ts"])
    steps = (1 - FAR, 2 - FAR)
    assert [case.codes(ts=reference + step * MINUTE) for step in steps] == [{"out_of_order"}] * 2
    assert (
        case.codes(ts=reference - 30 * SECOND) == OVERLAP
    )  # the third late bar, but it ends after the jump's bar begins
    assert case.codes(ts=reference - FAR * MINUTE + 30 * SECOND) == {"out_of_order"}  # a new run
    assert case.codes(ts=reference + (2 - FAR) * MINUTE) == {"out_of_order"}
    assert case.codes(ts=reference + (3 - FAR) * MINUTE) >= {"reference_expired"}
    assert case.codes(ts=reference - 30 * SECOND) == OVERLAP
    assert case.show(ts=reference - MINUTE)["accepted"]
    assert case.codes(ts=reference + 30 * SECOND) == OVERLAP  # of the jump's bar, which was decided before
    assert case.show(ts=reference + MINUTE)["accepted"]


def test_bars_of_a_local_clock_and_of_months_may_be_shorter() -> None:
    assert least_length(MINUTE) == 59_400
    assert least_length(HOUR) == HOUR - 36 * SECOND
    for interval, shortest in ((4 * HOUR, 3 * HOUR), (DAY, 23 * HOUR), (7 * DAY, 7 * DAY - 6_048 * SECOND)):
        assert least_length(interval) == shortest
        case = Case(interval_ms=interval, start=MONDAY)
        assert at(case, shortest - 1) == OVERLAP
        assert at(case, shortest) <= {"ts_misaligned"}
    months = np.arange("2023-01", "2025-01", dtype="datetime64[M]").astype("datetime64[ms]").astype(np.int64)
    case = Case(bars=0, interval_ms=31 * DAY, start=0)
    assert all(case.show(ts=int(ts))["accepted"] for ts in months)


def test_days_of_new_york_time_follow_each_other_through_both_changes_of_the_clock() -> None:
    days = np.datetime64("2024-01-01", "ms").astype(np.int64) + DAY * np.arange(366)
    summer = (days >= int(np.datetime64("2024-03-11", "ms").astype(np.int64))) & (
        days < int(np.datetime64("2024-11-04", "ms").astype(np.int64))
    )
    case = Case(bars=0, interval_ms=DAY, start=0)
    assert all(case.show(ts=int(ts))["accepted"] for ts in days + np.where(summer, 4, 5) * HOUR)


def test_with_a_calendar_a_bar_ends_with_its_session() -> None:
    calendar = CalendarSettings(sessions=tuple((d * DAY + 14 * HOUR, d * DAY + 20 * HOUR) for d in range(5)))
    for row, codes in ((0, set()), (-1, OVERLAP)):
        case = Case(
            Settings(calendars={"us": calendar}), bars=1, interval_ms=4 * HOUR, start=MONDAY + 18 * HOUR, calendar=row
        )
        # The session has ended at 20:00; an extra one at 20:30 would not overlap it.
        assert at(case, 2 * HOUR + HOUR // 2) - {"ts_misaligned"} == codes


def test_a_state_without_its_derived_part_does_not_know_how_long_bars_are() -> None:
    case = Case()
    last = int(case.own["last"]["ts"])
    case.symbol.state["validation"] = 0
    assert case.show(ts=last + 30 * SECOND)["accepted"]
    assert at(case, 30 * SECOND) == OVERLAP


@settings(max_examples=drawn(40, 200), deadline=None)
@given(feeds())
def test_decided_bars_never_overlap(bars: Array) -> None:
    shifted = bars.copy()
    shifted["ts"] += (bars["ts"] // MINUTE % 3) * 20 * SECOND  # every third on the minute
    shifted["ingest_ts"] += 40 * SECOND
    verdicts = Symbol().feed(shifted)["validation"]
    times = np.sort(shifted["ts"][verdicts["accepted"]])
    assert (np.diff(times) >= least_length(MINUTE)).all()


@pytest.mark.parametrize("interval", [1, 99, 100, MINUTE, 28 * DAY, 366 * DAY])
def test_the_shortest_bar_is_not_longer_than_the_bar_and_not_nothing(interval: int) -> None:
    assert 0 < least_length(interval) <= interval
