"""Session calendars against a minute-by-minute count."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from worker.engine.calendar import (
    DAY,
    WEEK,
    CalendarSettings,
    bar_close,
    compile_calendars,
    missing_bars,
    next_open,
    open_ms,
)

HOUR, MINUTE = 3_600_000, 60_000
NEW_YORK = tuple((d * DAY + 13 * HOUR + 30 * MINUTE, d * DAY + 20 * HOUR) for d in range(5))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


FRIDAY = at("2024-07-12T00:00")
CLOSURES = ((at("2024-07-04T00:00"), at("2024-07-05T00:00")), (at("2024-07-10T17:00"), at("2024-07-10T23:00")))
STOCKS = CalendarSettings(sessions=NEW_YORK, closures=CLOSURES)
FUTURES = CalendarSettings(sessions=((0, 4 * DAY + 21 * HOUR), (6 * DAY + 22 * HOUR, WEEK)))
ALWAYS = CalendarSettings(kind="24x7")
TABLE = compile_calendars([ALWAYS, STOCKS, FUTURES])
ROWS = {0: ALWAYS, 1: STOCKS, 2: FUTURES}


def is_open(row: int, instant: int) -> bool:
    calendar, offset = ROWS[row], (instant - 4 * DAY) % WEEK
    in_session = any(start <= offset < end for start, end in calendar.weekly())
    return in_session and not any(start <= instant < end for start, end in calendar.closures)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("start", ["2024-07-01T00:00", "2024-07-03T19:30", "2024-07-06T12:07", "2024-06-28T23:59"])
def test_open_time_is_what_a_count_of_minutes_gives(row: int, start: str) -> None:
    first = at(start)
    flags = np.array([is_open(row, first + i * MINUTE) for i in range(12 * 1440)])
    for minutes in (0, 1, 45, 391, 1440, 4000, 10_080, 12 * 1440):
        assert open_ms(TABLE, row, first, first + minutes * MINUTE) == flags[:minutes].sum() * MINUTE


def test_open_time_without_a_calendar_is_all_time() -> None:
    assert open_ms(TABLE, -1, 5, 1_000_005) == 1_000_000


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("interval", [MINUTE * 5, HOUR, 4 * HOUR, DAY])
def test_missing_bars_are_the_intervals_with_some_open_time(row: int, interval: int) -> None:
    last = at("2024-06-27T00:00") + (14 * HOUR if interval < DAY else 0)
    for bars in (1, 2, 3, 7, 30, 100):
        ts = last + bars * interval
        slots = range(last + interval, ts, interval)
        expected = sum(any(is_open(row, s + m) for m in range(0, interval, MINUTE)) for s in slots)
        assert missing_bars(TABLE, row, last, ts, interval) == expected
    assert missing_bars(TABLE, row, last, last - interval, interval) == 0


def test_a_weekend_and_a_holiday_are_no_missing_days() -> None:
    assert missing_bars(TABLE, 1, FRIDAY, FRIDAY + 3 * DAY, DAY) == 0
    assert missing_bars(TABLE, -1, FRIDAY, FRIDAY + 3 * DAY, DAY) == 2
    assert missing_bars(TABLE, 1, at("2024-07-03T00:00"), at("2024-07-05T00:00"), DAY) == 0


def test_counting_stops_at_the_limit_for_a_wild_timestamp() -> None:
    assert missing_bars(TABLE, 1, 0, 8_640_000_000_000_000, MINUTE) == 1_000_000


@pytest.mark.parametrize(
    ("row", "ts", "interval", "close"),
    [
        (-1, "2024-07-12T19:00", HOUR, "2024-07-12T20:00"),
        (0, "2024-07-12T00:00", DAY, "2024-07-13T00:00"),
        (0, "2024-07-08T00:00", 7 * DAY, "2024-07-15T00:00"),
        (1, "2024-07-12T00:00", DAY, "2024-07-12T20:00"),
        (1, "2024-07-12T19:30", HOUR, "2024-07-12T20:00"),
        (1, "2024-07-10T00:00", DAY, "2024-07-10T17:00"),  # half a day of holiday
        (1, "2024-07-13T00:00", DAY, "2024-07-14T00:00"),  # Saturday: outside the sessions
        (1, "2024-07-08T00:00", 7 * DAY, "2024-07-12T20:00"),
        (2, "2024-07-14T21:30", HOUR, "2024-07-14T22:30"),
    ],
)
def test_a_bar_is_complete_with_the_last_open_instant_of_its_interval(
    row: int, ts: str, interval: int, close: str
) -> None:
    assert bar_close(TABLE, row, at(ts), interval) == at(close)


def test_the_next_open_time_skips_nights_weekends_and_closures() -> None:
    assert next_open(TABLE, 1, at("2024-07-12T20:00")) == (at("2024-07-15T13:30"), at("2024-07-15T20:00"))
    assert next_open(TABLE, 1, at("2024-07-03T21:00")) == (at("2024-07-05T13:30"), at("2024-07-05T20:00"))
    assert next_open(TABLE, 1, at("2024-07-10T15:00")) == (at("2024-07-10T15:00"), at("2024-07-10T17:00"))


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "weekly"},
        {"kind": "24x7", "sessions": ((0, 1),)},
        {"sessions": ((5, 5),)},
        {"sessions": ((0, WEEK + 1),)},
        {"sessions": ((0, 10), (9, 20))},
        {"kind": "24x7", "closures": ((10, 20), (5, 8))},
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CalendarSettings.model_validate(fields)
