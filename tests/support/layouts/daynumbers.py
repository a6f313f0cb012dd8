"""Days as small numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tests.support.layouts.layout import DAY1, DAY3, Layout
from tests.support.layouts.rows import OHLCV, PRICES, rows

MONDAY = date(2024, 3, 4)
WEEKDAYS = [day for at in range(60) if (day := MONDAY + timedelta(at)).weekday() < 5]


def written(spell: Callable[[date], object], days: list[date] = WEEKDAYS) -> str:
    """Rows of some days."""
    prices = [PRICES[0], *[PRICES[1]] * (len(days) - 2), PRICES[2]]
    return rows(OHLCV, *(f"{spell(day)},{price}" for day, price in zip(days, prices, strict=True)))


def read(title: str, spell: Callable[[date], object], days: list[date] = WEEKDAYS, **given: object) -> Layout:
    """A layout of days that are read right."""
    first, last = (days[0].isoformat(), *DAY1[1:]), (days[-1].isoformat(), *DAY3[1:])
    return Layout(title, "ABC.csv", written(spell, days), first, last, rows=len(days), **given)  # type: ignore[arg-type]


def since(year: int, month: int, day: int) -> Callable[[date], int]:
    """Days since a date."""
    return lambda when: (when - date(year, month, day)).days


DAILY = [MONDAY + timedelta(at) for at in range(20)]
LAYOUTS: list[Layout] = [
    read("days since 1970", since(1970, 1, 1)),
    read("days since 1960", since(1960, 1, 1)),
    read("days of a spreadsheet, all week", since(1899, 12, 30), DAILY),
    read("days since 1970, all week, given", since(1970, 1, 1), DAILY, options={"date_format": "days"}),
    read("days since 1960, given", since(1960, 1, 1), DAILY, options={"date_format": "sas"}),
    Layout(
        "days since 1970, all week",
        "ABC.csv",
        written(since(1970, 1, 1), DAILY),
        refused="days of a spreadsheet: 1954-03-03; days since 1970: 2024-03-04; days since 1960",
        fix="days",
    ),
    read("YYMMDD", lambda day: f"{day:%y%m%d}"),
    read("DDMMYY", lambda day: f"{day:%d%m%y}"),
    read("MMDDYY as numbers", lambda day: int(f"{day:%m%d%y}")),
    read(
        "YYMMDD as numbers",
        lambda day: int(f"{day:%y%m%d}"),
        [day.replace(year=2004) for day in WEEKDAYS if day.day < 29 and day.replace(year=2004).weekday() < 5],
    ),
    Layout(
        "three dates of six digits",
        "ABC.csv",
        written(lambda day: f"{day:%y%m%d}", WEEKDAYS[:3]),
        refused="dates of six digits, YYMMDD: 2024-03-04; dates of six digits, DDMMYY: 2004-03-24",
        fix="%y%m%d",
    ),
    read(
        "three dates of six digits, given", lambda day: f"{day:%y%m%d}", WEEKDAYS[:3], options={"date_format": "%y%m%d"}
    ),
]
