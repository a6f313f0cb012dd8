"""Calendar weeks, months and quarters end where the calendar of numpy and the clocks of the world say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.tick import CALENDAR_MS, MAX_TS, MIN_TS, MONTH_MS, WEEK_MS, interval_ms, interval_text
from worker.engine.bar import BAR
from worker.engine.calendar import CalendarSettings, bar_close, compile_calendars, missing_bars, missing_slots
from worker.engine.periods import (
    begins_period,
    close_time,
    close_times,
    first_day,
    is_calendar,
    month_of,
    period_of,
    period_start,
)

DAY, HOUR = 86_400_000, 3_600_000
ZONES = ("UTC", "America/New_York", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo",
         "Australia/Sydney", "Pacific/Auckland", "Pacific/Honolulu")  # fmt: skip


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


@given(st.integers(MIN_TS // DAY, MAX_TS // DAY))
def test_months_are_those_of_numpy(day: int) -> None:
    month = int(np.datetime64(day, "D").astype("M8[M]").astype(np.int64))
    assert month_of(day) == month
    assert first_day(month) == int(np.datetime64(month, "M").astype("M8[D]").astype(np.int64))


@pytest.mark.parametrize(
    ("interval", "ts", "close"),
    [
        ("1mo", "2023-02-01T00:00", "2023-03-01T00:00"),
        ("1mo", "2024-02-01T00:00", "2024-03-01T00:00"),
        ("1mo", "2024-12-01T00:00", "2025-01-01T00:00"),
        ("1mo", "2024-02-02T00:00", "2024-03-01T00:00"),  # dated by the first session
        ("1mo", "2024-02-29T00:00", "2024-03-01T00:00"),  # dated by the last day
        ("1mo", "2024-02-01T05:00", "2024-03-01T05:00"),  # New York
        ("1mo", "2024-01-31T15:00", "2024-02-29T15:00"),  # Tokyo
        ("1mo", "2024-02-01T14:30", "2024-03-01T00:00"),  # dated by the opening of the first session
        ("1q", "2024-01-01T00:00", "2024-04-01T00:00"),
        ("1q", "2024-11-15T00:00", "2025-01-01T00:00"),
        ("12mo", "2024-01-01T00:00", "2025-01-01T00:00"),
        ("1w", "2024-07-08T00:00", "2024-07-15T00:00"),
        ("1w", "2024-07-09T00:00", "2024-07-15T00:00"),  # Monday was a holiday
        ("1w", "2024-07-12T00:00", "2024-07-15T00:00"),  # dated by its Friday
        ("1w", "2024-07-07T15:00", "2024-07-14T15:00"),  # Tokyo
        ("7d", "2024-07-09T00:00", "2024-07-16T00:00"),
        ("2w", "2024-07-09T00:00", "2024-07-23T00:00"),
    ],
)
def test_a_bar_closes_at_the_end_of_its_period(interval: str, ts: str, close: str) -> None:
    assert close_time(at(ts), interval_ms(interval)) == at(close)


@given(st.integers(0, 600), st.sampled_from(ZONES), st.sampled_from(["1mo", "1q", "12mo"]))
def test_a_local_month_ends_with_the_local_month_but_for_an_hour_of_summer(number: int, zone: str, text: str) -> None:
    months = {"1mo": 1, "1q": 3, "12mo": 12}[text]
    starts = [(number + k) * months for k in range(2)]
    opened, ended = (at(f"{1970 + m // 12}-{m % 12 + 1:02}-01", zone) for m in (start % 2_400 for start in starts))
    if ended > opened:
        assert abs(close_time(opened, interval_ms(text)) - ended) <= (0 if zone in ("UTC", "Asia/Tokyo") else HOUR)


@given(st.integers(MIN_TS + 400 * DAY, MAX_TS - 400 * DAY), st.sampled_from(sorted(CALENDAR_MS)))
def test_periods_follow_each_other_without_a_gap(ts: int, text: str) -> None:
    length = interval_ms(text)
    number = period_of(ts, length)
    start, end = period_start(number, length), period_start(number + 1, length)
    assert start - 14 * HOUR <= ts < end - 14 * HOUR
    assert period_of(start, length) == number
    assert period_of(end, length) == number + 1
    assert begins_period(start, length, 0)
    assert ts < close_time(ts, length) <= end + 14 * HOUR


@given(st.integers(1, 10_000_000) | st.sampled_from(sorted(CALENDAR_MS.values())))
def test_only_calendar_intervals_have_their_lengths(length: int) -> None:
    text = interval_text(length)
    assert is_calendar(length) == (text in CALENDAR_MS or text in ("1w", "1mo", "1q", "2q", "4q"))
    if len(text.rstrip("msdhwoq")) <= 6:
        assert interval_ms(text) == length


@pytest.mark.parametrize("unit", ["ms", "s", "m", "h", "d", "w"])
def test_no_fixed_interval_has_the_length_of_a_calendar_one(unit: str) -> None:
    size = interval_ms(f"2{unit}") // 2
    for nominal in CALENDAR_MS.values():
        assert nominal % size or nominal // size > 999_999 or f"{nominal // size}{unit}" == "1w"


@pytest.mark.parametrize("text", ["5mo", "0mo", "24mo", "3q", "1Q", "1M", "mo", "2y", "01mo"])
def test_months_that_do_not_divide_a_year_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no interval"):
        interval_ms(text)


def test_rows_close_as_their_bars() -> None:
    bars = np.zeros(3, BAR)
    bars["ts"] = [at("2024-02-01T00:00"), at("2024-07-08T00:00"), at("2024-07-08T00:00")]
    bars["interval_ms"] = [MONTH_MS, WEEK_MS, HOUR]
    assert close_times(bars).tolist() == [at("2024-03-01T00:00"), at("2024-07-15T00:00"), at("2024-07-08T01:00")]


def test_missing_periods_are_counted_by_the_calendar() -> None:
    january, june = at("2024-01-01T00:00"), at("2024-06-01T00:00")
    assert missing_slots(january, june, MONTH_MS) == 4
    assert missing_slots(january, at("2024-02-29T00:00"), MONTH_MS) == 0
    assert missing_slots(june, january, MONTH_MS) == 0
    monday = at("2024-07-08T00:00")
    assert [missing_slots(monday, monday + days * DAY, WEEK_MS) for days in (1, 6, 7, 13, 14, 15, 21)] == [
        0, 0, 0, 0, 1, 1, 2]  # fmt: skip


def test_a_month_or_a_week_that_is_closed_all_through_is_not_missing() -> None:
    stocks = CalendarSettings(
        sessions=tuple((d * DAY + 14 * HOUR, d * DAY + 21 * HOUR) for d in range(5)),
        closures=((at("2024-07-08T00:00"), at("2024-07-13T00:00")), (at("2024-09-01T00:00"), at("2024-10-01T00:00"))),
    )
    table = compile_calendars([stocks])
    assert missing_bars(table, 0, at("2024-07-01T00:00"), at("2024-07-22T00:00"), WEEK_MS) == 1
    assert missing_bars(table, 0, at("2024-08-01T00:00"), at("2024-11-01T00:00"), MONTH_MS) == 1
    assert bar_close(table, 0, at("2024-06-01T00:00"), MONTH_MS) == at("2024-06-28T21:00")  # a Friday
    assert bar_close(table, 0, at("2024-07-15T00:00"), WEEK_MS) == at("2024-07-19T21:00")


def test_the_clock_of_the_last_hour_of_a_century() -> None:
    start = datetime(1900, 1, 1, tzinfo=UTC)
    for month in range(24 * 12):
        year, part = divmod(month, 12)
        first = start.replace(year=1900 + year, month=part + 1)
        following = (first + timedelta(days=32)).replace(day=1)
        ts, end = (
            int((each - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)) for each in (first, following)
        )
        assert close_time(ts, MONTH_MS) == end
