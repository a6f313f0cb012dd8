"""Rules 7 to 15 and 27 to 29: clock, order, grids, expiry and gaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engine.stages.validation.case import DAY, HOUR, MINUTE, MONDAY, Case
from worker.engine.calendar import CalendarSettings
from worker.engine.stages.validation import Settings
from worker.engine.stages.validation.structure import INTERVAL_LIMIT, TIME_LIMIT
from worker.engine.stages.validation.timing import divides

NEW_YORK = CalendarSettings(
    sessions=tuple((d * DAY + 14 * HOUR + 30 * MINUTE, d * DAY + 21 * HOUR) for d in range(5)),
    closures=((MONDAY + 10 * DAY, MONDAY + 11 * DAY),),  # a Thursday
)
SESSIONS = Settings(calendars={"us": NEW_YORK})


def test_a_bar_from_the_future_is_refused() -> None:
    daily = Case(interval_ms=DAY, start=MONDAY)
    ts = int(daily.bar()["ts"])
    assert daily.codes(ingest_ts=ts - 5_001) == {"future_timestamp"}
    assert daily.codes(ingest_ts=ts - 5_000) == {"bar_not_closed"}


def test_a_bar_that_is_still_forming_is_refused() -> None:
    case = Case()
    close = int(case.bar()["ts"]) + MINUTE
    assert case.codes(ingest_ts=close - 5_001) == {"bar_not_closed"}
    assert case.codes(ingest_ts=close - 5_000) == set()


def test_a_daily_bar_closes_with_its_session_or_at_the_end_of_its_interval() -> None:
    noon = {"ingest_ts": MONDAY + 2 * DAY + 12 * HOUR}
    without = Case(bars=2, interval_ms=DAY, start=MONDAY)
    assert without.codes(**noon) == {"bar_not_closed"}
    assert without.codes(ingest_ts=MONDAY + 3 * DAY - 5_000) == set()
    case = Case(SESSIONS, bars=2, interval_ms=DAY, start=MONDAY, calendar=0)
    assert case.codes(**noon) == {"bar_not_closed"}
    assert case.codes(ingest_ts=MONDAY + 2 * DAY + 21 * HOUR - 5_000) == set()


def test_a_producers_wildest_timestamp_is_only_a_code() -> None:
    assert Case().codes(ingest_ts=-(2**63)) == {"future_timestamp"}
    assert Case().codes(ingest_ts=2**63 - 1) == {"stale_bar"}


def test_one_late_bar_is_out_of_order() -> None:
    assert Case().codes(after=-1) == {"out_of_order"}
    assert Case().codes(after=1) == set()


def test_a_repeated_bar_is_a_duplicate_and_a_changed_one_conflicts() -> None:
    case = Case()
    again = {name: float(case.last[name]) for name in ("open", "high", "low", "close", "volume")}
    assert case.codes(after=0, **again) == {"duplicate_bar"}
    assert case.codes(after=0, **{**again, "volume": again["volume"] + 1}) == {"conflicting_duplicate"}
    assert case.codes(after=1, **again) == set()


def test_minus_zero_volume_is_the_same_parsed_value() -> None:
    case = Case()
    case.show(volume=0.0)
    assert case.codes(after=0, volume=-0.0) == {"duplicate_bar"}


def test_order_also_holds_against_the_last_quarantined_bar() -> None:
    case = Case()
    bad = case.bar(after=3, open=300.0, close=300.0, low=300.0, high=300.0)
    assert "price_change_exceeded" in case.codes(bad)
    assert case.codes(bad) == {"duplicate_bar"}
    assert case.codes(bad) == {"duplicate_bar"}
    assert case.own["pending"] == 1
    changed = bad.copy()
    changed["volume"] += 1
    assert case.codes(changed) == {"conflicting_duplicate"}
    assert case.codes(after=2) == {"out_of_order"}
    assert case.show(after=4)["accepted"]


def test_bars_belong_on_the_grid_of_their_interval() -> None:
    case = Case()
    assert case.codes(ts=int(case.bar()["ts"]) + 1) == {"ts_misaligned"}
    half = Case(interval_ms=HOUR, start=MONDAY + HOUR // 2, session_offset_ms=HOUR // 2)
    assert half.codes() == set()
    assert half.codes(ts=int(half.bar()["ts"]) + HOUR // 2) == {"ts_misaligned"}


@pytest.mark.parametrize("field", ["open", "high", "low", "close"])
def test_prices_belong_on_the_tick_where_there_is_one(field: str) -> None:
    on = {"open": 100.01, "high": 100.03, "low": 99.99, "close": 100.02}
    case = Case(bars=1, tick=0.01)
    assert case.codes(**on) == set()
    assert case.codes(after=1, **{**on, field: on[field] + 0.9e-4}) == set()  # less than a millionth of the price
    assert case.codes(after=1, **{**on, field: on[field] + 1.1e-4}) == {"tick_misaligned"}
    assert Case(bars=1).codes(**{**on, field: on[field] + 1.1e-4}) == set()


def test_large_prices_are_not_off_the_grid_by_their_own_rounding() -> None:
    case = Case(bars=0, tick=1e-4)
    price = 987_654_321_012.3457
    assert case.codes(open=price, high=price, low=price, close=price) == {"reference_missing"}


def test_the_first_bar_has_no_reference() -> None:
    case = Case(bars=0)
    verdict = case.show()
    assert int(verdict["mask"]) == 1 << 14
    assert float(verdict["score"]) == 1.0
    assert verdict["reference"] != verdict["reference"]
    assert case.codes() == set()


@pytest.mark.parametrize(
    ("interval", "life"),
    [(MINUTE, 14_400), (HOUR, 240), (12 * HOUR, 50), (DAY, 10), (7 * DAY, 10)],
)
def test_without_a_calendar_a_reference_lives_ten_days_or_its_number_of_intervals(interval: int, life: int) -> None:
    jump = {"open": 300.0, "high": 300.0, "low": 300.0, "close": 300.0}
    within, beyond = Case(interval_ms=interval, start=MONDAY), Case(interval_ms=interval, start=MONDAY)
    assert not within.show(after=life, **jump)["accepted"]
    verdict = beyond.show(after=life + 1, **jump)
    assert verdict["accepted"]
    assert verdict["expired"]
    assert not verdict["shift"]
    assert beyond.cp == 300.0


def test_with_a_calendar_a_reference_lives_fifty_intervals_of_open_time() -> None:
    # From a Monday's opening: 7 sessions of 6.5 hours, then 4 or 5 hours of the Wednesday of the next week.
    jump = {"open": 300.0, "high": 300.0, "low": 300.0, "close": 300.0}
    start = MONDAY + 14 * HOUR + 30 * MINUTE
    for ts, expired in (
        (MONDAY + 9 * DAY + 18 * HOUR + 30 * MINUTE, False),
        (MONDAY + 9 * DAY + 19 * HOUR + 30 * MINUTE, True),
    ):
        case = Case(SESSIONS, bars=1, interval_ms=HOUR, start=start, calendar=0, session_offset_ms=HOUR // 2)
        assert case.show(ts=ts, **jump)["expired"] == expired


def test_daily_bars_with_a_calendar_count_sessions() -> None:
    jump = {"open": 300.0, "high": 300.0, "low": 300.0, "close": 300.0}
    for days, expired in ((15, False), (16, True)):  # the 10th session after Monday is 15 days on: one is a holiday
        case = Case(SESSIONS, bars=1, interval_ms=DAY, start=MONDAY, calendar=0)
        assert case.show(after=days, **jump)["expired"] == expired


@pytest.mark.parametrize(
    ("after", "codes"), [(1, set()), (2, {"gap"}), (11, {"gap"}), (12, {"gap_large"}), (400, {"gap_large"})]
)
def test_missing_bars_are_a_gap_and_beyond_ten_a_large_one(after: int, codes: set[str]) -> None:
    case = Case()
    verdict = case.show(after=after)
    assert set(case.codes(case.bar())) == set()
    assert int(verdict["missing"]) == after - 1
    assert {27: "gap", 28: "gap_large"}.get(int(verdict["mask"]).bit_length() - 1) == next(iter(codes), None)


def test_rejected_bars_count_as_missing() -> None:
    case = Case()
    case.show(volume=-1.0)
    assert int(case.show(after=2)["missing"]) == 1


def test_a_night_and_a_weekend_are_no_gap_with_a_calendar() -> None:
    friday = MONDAY + 4 * DAY + 20 * HOUR + 59 * MINUTE
    monday = MONDAY + 7 * DAY + 14 * HOUR + 30 * MINUTE
    assert Case(SESSIONS, bars=1, start=friday, calendar=0).codes(ts=monday) == set()
    assert Case(SESSIONS, bars=1, start=friday, calendar=0).codes(ts=monday + MINUTE) == {"gap"}
    assert Case(bars=1, start=friday).codes(ts=monday) == {"gap_large"}


def test_a_record_much_younger_than_its_bar_is_stale_unless_history_is_loaded() -> None:
    for interval, allowed in ((MINUTE, 300_000), (HOUR, 5 * HOUR)):
        case = Case(interval_ms=interval)
        close = int(case.bar()["ts"]) + interval
        assert case.codes(ingest_ts=close + allowed) == set()
        close += interval
        assert case.codes(ingest_ts=close + allowed + 1) == {"stale_bar"}
    backfill = Case(Settings(backfill=True))
    assert backfill.codes(ingest_ts=int(backfill.bar()["ts"]) + 10 * DAY) == set()


@given(
    st.integers(1, INTERVAL_LIMIT), st.integers(-TIME_LIMIT, TIME_LIMIT) | st.integers(-(2**62), 2**62), st.booleans()
)
def test_a_span_lies_on_the_grid_where_nothing_remains(interval_ms: int, span: int, multiple: bool) -> None:
    if multiple:
        span -= span % interval_ms
    assert all(divides(interval_ms, each) == (each % interval_ms == 0) for each in (span - 1, span, span + 1))
