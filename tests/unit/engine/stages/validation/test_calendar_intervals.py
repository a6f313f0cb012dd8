"""Weekly and monthly bars are judged by the calendar: when they close and begin, what is missing, what expires."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from schemas.tick import interval_ms
from tests.unit.engine.stages.validation.case import DAY, Case
from worker.engine.periods import close_time, period_of, period_start

MONDAY = 1_699_833_600_000  # 2023-11-13
FLAT = {"open": 100.0, "high": 100.0, "low": 100.0, "close": 100.0}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


class Periods(Case):
    """A symbol with bars of whole periods, the last of which is that of January 2024, or its first week."""

    def __init__(self, interval: str, bars: int = 30, session_offset_ms: int = 0) -> None:
        super().__init__(bars=0, interval_ms=interval_ms(interval), session_offset_ms=session_offset_ms)
        first = period_of(at("2024-01-01T00:00"), self.interval_ms) - bars + 1
        self.verdicts = [self.show(**self.of(first + number)) for number in range(bars)]

    def of(self, number: int) -> dict[str, Any]:
        """The fields of a bar of that period."""
        ts = int(period_start(number, self.interval_ms))
        return {**FLAT, "ts": ts, "ingest_ts": close_time(ts, self.interval_ms)}

    def codes_at(self, ts: str, ingest_ts: str | None = None) -> set[str]:
        opened = at(ts)
        closed = close_time(opened, self.interval_ms) if ingest_ts is None else at(ingest_ts)
        return self.codes(**FLAT, ts=opened, ingest_ts=closed) - {"stuck_price"}


@pytest.mark.parametrize("interval", ["1w", "1mo", "2mo", "1q", "2q", "12mo"])
def test_bars_of_whole_periods_are_faultless(interval: str) -> None:
    case = Periods(interval)
    assert all(verdict["accepted"] for verdict in case.verdicts)
    assert {int(verdict["missing"]) for verdict in case.verdicts} == {0}


def test_a_month_closes_with_its_last_day() -> None:
    case = Periods("1mo")
    assert case.codes_at("2024-02-01T00:00", "2024-02-29T23:59") == {"bar_not_closed"}
    assert case.codes_at("2024-02-01T00:00", "2024-03-01T00:00") == set()
    assert case.codes_at("2024-03-01T00:00", "2024-03-31T12:00") == {"bar_not_closed"}


def test_a_week_closes_with_its_sunday() -> None:
    case = Periods("1w")
    assert case.codes_at("2024-01-08T00:00", "2024-01-14T23:59") == {"bar_not_closed"}
    assert case.codes_at("2024-01-08T00:00", "2024-01-15T00:00") == set()


@pytest.mark.parametrize(
    ("interval", "ts", "codes"),
    [
        ("1mo", "2024-02-01T00:00", set()),
        ("1mo", "2024-02-02T00:00", {"ts_misaligned"}),
        ("1mo", "2024-02-29T00:00", {"ts_misaligned"}),
        ("1mo", "2024-03-01T00:00", {"gap"}),
        ("1mo", "2024-12-01T00:00", {"gap", "reference_expired"}),
        ("1mo", "2024-11-01T00:00", {"gap"}),
        ("1mo", "2025-02-01T00:00", {"gap_large", "reference_expired"}),
        ("1q", "2024-04-01T00:00", set()),
        ("1q", "2024-05-01T00:00", {"ts_misaligned"}),
        ("1q", "2024-07-01T00:00", {"gap"}),
        ("1w", "2024-01-08T00:00", set()),
        ("1w", "2024-01-09T00:00", {"ts_misaligned"}),
        ("1w", "2024-01-15T00:00", {"gap"}),
    ],
)
def test_periods_are_counted_not_days(interval: str, ts: str, codes: set[str]) -> None:
    assert Periods(interval).codes_at(ts) == codes


@pytest.mark.parametrize(("offset", "ts"), [(5, "2024-02-01T05:00"), (15, "2024-01-31T15:00")])
def test_a_session_offset_says_at_which_midnight_a_month_begins(offset: int, ts: str) -> None:
    case = Periods("1mo", bars=0, session_offset_ms=offset * 3_600_000)
    assert case.codes_at(ts) == {"reference_missing"}
    assert Periods("1mo", bars=0).codes_at(ts) == {"reference_missing", "ts_misaligned"}


def test_seven_days_are_no_calendar_week() -> None:
    days, week = Case(bars=30, interval_ms=interval_ms("7d"), start=MONDAY), Periods("1w")
    ends = [int(days.bar(after=n)["ts"]) for n in range(3)]
    assert {after - before for before, after in pairwise(ends)} == {7 * DAY}
    assert week.codes(interval_ms=interval_ms("7d")) == {"malformed_record"}


@pytest.mark.parametrize("ts", ["2024-01-02T00:00", "2024-01-31T00:00"])
def test_two_bars_of_one_month_overlap(ts: str) -> None:
    assert Periods("1mo").codes_at(ts) == {"overlapping_bar"}


@pytest.mark.parametrize(
    ("interval", "times"),
    [
        ("1mo", ["2024-02-02T15:00", "2024-02-29T15:00", "2024-04-01T15:00"]),  # first sessions in Tokyo
        ("1w", ["2024-01-08T15:00", "2024-01-14T15:00", "2024-01-21T15:00"]),  # a Tuesday after a holiday
        ("1w", ["2024-01-12T00:00", "2024-01-18T00:00", "2024-01-26T00:00"]),  # last sessions
        ("1mo", ["2024-02-01T05:00", "2024-03-01T05:00", "2024-04-01T04:00"]),  # New York over a change of clocks
    ],
)
def test_bars_of_neighbouring_periods_do_not(interval: str, times: list[str]) -> None:
    case = Periods(interval)
    for ts in times:
        opened = at(ts)
        verdict = case.show(**FLAT, ts=opened, ingest_ts=close_time(opened, case.interval_ms))
        assert verdict["accepted"], ts
