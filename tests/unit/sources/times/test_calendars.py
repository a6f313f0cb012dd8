"""Years of other calendars: told by the whole column, or by the era that a cell names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import DataError
from worker.sources.options import BUDDHIST, CALENDARS, ROC
from worker.sources.times.columns import TimeScan
from worker.sources.times.dates import TextTimes
from worker.sources.times.format import TimeFormat
from worker.sources.times.kinds import Typed

AHEAD = {ROC: -1911, BUDDHIST: 543}
DAYS = st.dates(date(2011, 1, 1), date(2068, 12, 31))


def ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000


def scanned(column: list[str] | Typed, form: str | None = None) -> tuple[TimeFormat, list[int]]:
    """The decision and the times that it gives, scanned as often as the reader does."""
    count = len(column.values) if isinstance(column, Typed) else len(column)
    owners = np.zeros(count, np.int64)
    kind, other = None, None
    for _ in range(3):
        scan = TimeScan("x.csv", "Date", form, None, None, kind)
        scan.feed(column, owners)
        if (other := scan.other_kind()) is None:
            break
        kind = other
    assert other is None
    found = scan.decide()
    return found, found.convert(column, None, owners)[0].tolist()


@given(DAYS, st.integers(2, 40), st.sampled_from(CALENDARS), st.sampled_from("-/."))
def test_the_years_of_a_column_are_those_of_its_calendar(start: date, count: int, calendar: str, mark: str) -> None:
    days = [start + timedelta(days=at) for at in range(count)]
    cells = [mark.join((f"{day.year + AHEAD[calendar]}", f"{day.month:02}", f"{day.day:02}")) for day in days]
    found, times = scanned(cells)
    assert times == list(map(ms, days))
    assert ("Republic of China" if calendar == ROC else "Buddhist") in found.label


@pytest.mark.parametrize(("calendar", "number"), [(ROC, 1_130_304), (ROC, 990_104), (BUDDHIST, 25_670_304)])
def test_numbers_spell_dates_where_the_calendar_is_given(calendar: str, number: int) -> None:
    year = number // 10_000 - AHEAD[calendar]
    wanted = [ms(date(year, number // 100 % 100, number % 100))]
    column = Typed(np.array([number]), np.ones(1, np.bool_), None)
    assert scanned([str(number)], calendar)[1] == scanned(column, calendar)[1] == wanted


def test_a_stray_year_is_none_of_another_calendar() -> None:
    days = [f"2024-03-{day:02}" for day in range(1, 21)]
    found, times = scanned([*days, "2567-03-21", "1402-12-14", "113-03-21"])
    assert found.label == "dates, year first"
    assert times[:20] == [ms(date(2024, 3, day)) for day in range(1, 21)]
    assert times[20] > ms(date(2500, 1, 1))
    assert times[22] == 0


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("M45.7.29", date(1912, 7, 29)), ("T1/7/30", date(1912, 7, 30)), ("S64.1.7", date(1989, 1, 7)),
        ("H1-1-8", date(1989, 1, 8)), ("h31.4.30", date(2019, 4, 30)), ("平成元年1月8日", date(1989, 1, 8)),
        ("中華民國100年1月3日", date(2011, 1, 3)), ("H32.1.1", None), ("R0.1.1", None), ("R5.2.29", None),
        ("Q5.1.1", None), ("令和2024年1月5日", None), ("012/01/05", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dayfirst", [None, False, True])
def test_an_era_says_the_year(cell: str, day: date | None, dayfirst: bool | None) -> None:
    found = TextTimes(dayfirst).read([cell, f"{cell} 09:30"])
    assert found.has.tolist() == [day is not None] * 2
    if day is not None:
        assert found.local.tolist() == [ms(day), ms(day) + 34_200_000]


def test_typed_times_in_years_of_the_hijra_are_refused() -> None:
    values = np.array([np.datetime64("1402-12-14", "ms").astype(np.int64)])
    with pytest.raises(DataError, match="Hijri"):
        scanned(Typed(values, np.ones(1, np.bool_), ""))
