"""Times of day in a column of their own, as numbers too."""

from __future__ import annotations

from tests.support.layouts.layout import DAY1, DAY3, Layout
from tests.support.layouts.rows import PRICES, rows

HEADER = "Date,Time,Open,High,Low,Close,Volume"


def beside(times: tuple[str, ...], header: str = HEADER, days: tuple[str, ...] = ("20240304",)) -> str:
    """Rows whose prices begin with the first and end with the last of three."""
    cells = [f"{day},{time}" for day in days for time in times]
    prices = [PRICES[0], *[PRICES[1]] * (len(cells) - 2), PRICES[2]]
    return rows(header, *(f"{cell},{price}" for cell, price in zip(cells, prices, strict=True)))


def read(title: str, first: str, last: str, interval: str, *times: str, **given: object) -> Layout:
    """A layout of one day whose times are read so."""
    said = {"first": (f"2024-03-04T{first}", *DAY1[1:]), "last": (f"2024-03-04T{last}", *DAY3[1:])}
    return Layout(title, "ABC.csv", beside(times), interval=interval, rows=len(times), **(said | given))  # type: ignore[arg-type]


def offsets(title: str, mark: str, **said: object) -> Layout:
    """A layout of three hours with a column of offsets."""
    cells = (f"2024-03-04 {hour:02}:00{mark},+9,{price}" for hour, price in zip((9, 10, 11), PRICES, strict=True))
    first, last = ("2024-03-04T09:00", *DAY1[1:]), ("2024-03-04T11:00", *DAY3[1:])
    return Layout(title, "ABC.csv", rows("Date-Time,GMT Offset,Open,High,Low,Last,Volume", *cells), first, last,
                  interval="1h", **said)  # type: ignore[arg-type]  # fmt: skip


TWO_DAYS = ("2024-03-04", "2024-03-05")
LAYOUTS: list[Layout] = [
    read("HHMM without zeros in front", "09:30", "10:00", "15m", "930", "945", "1000"),
    read("HHMM from midnight", "00:00", "01:00", "5m", "0", "5", "10", "15", "55", "100"),
    read("HHMM as floats", "09:30", "10:00", "15m", "930.0", "945.0", "1000.0"),
    read("HHMMSS without zeros in front", "09:30", "10:00", "15m", "93000", "94500", "100000"),
    read("minutes since midnight", "09:30", "10:00", "15m", "570", "585", "600"),
    read("seconds since midnight", "09:30", "10:00", "15m", "34200", "35100", "36000"),
    read("ms since midnight", "09:30", "10:00", "15m", "34200000", "35100000", "36000000"),
    read("fractions of a day", "09:30", "10:00", "15m", "0.395833", "0.40625", "0.416667"),
    read("points between hours and minutes", "09:30", "10:00", "15m", "9.30", "9.45", "10.00"),
    Layout(
        "hours",
        "ABC.csv",
        beside(tuple(map(str, range(24))), HEADER, TWO_DAYS),
        last=("2024-03-05T23:00", *DAY3[1:]),
        interval="1h",
        rows=48,
    ),
    Layout(
        "hours from 1 to 24",
        "ABC.csv",
        beside(tuple(map(str, range(1, 25))), HEADER.replace("Time", "Hour"), TWO_DAYS),
        last=("2024-03-05T23:00", *DAY3[1:]),
        interval="1h",
        rows=48,
    ),
    Layout(
        "hours by their ends",
        "ABC.csv",
        beside(("10", "11", "12"), HEADER.replace("Time", "Hour Ending")),
        first=("2024-03-04T09:00", *DAY1[1:]),
        last=("2024-03-04T11:00", *DAY3[1:]),
        interval="1h",
    ),
    Layout(
        "hours or minutes",
        "ABC.csv",
        beside(("0", "1", "2")),
        refused="1 in the column of times of day 'Time' is 01:00 as hours and 00:01 as HHMM",
        fix="--date-format hours or --date-format hhmm",
    ),
    read("minutes, given", "00:00", "00:02", "1m", "0", "1", "2", options={"date_format": "hhmm"}),
    read("hours, given by a format", "00:00", "02:00", "1h", "0", "1", "2", options={"date_format": "%Y%m%d %H"}),
    read("HHMM, given by a format", "00:00", "01:00", "30m", "0", "30", "100", options={"date_format": "%Y%m%d %H%M"}),
    Layout(
        "seconds of whole hours",
        "ABC.csv",
        beside(("3600", "7200", "10800"), HEADER, TWO_DAYS),
        first=("2024-03-04T01:00", *DAY1[1:]),
        last=("2024-03-05T03:00", *DAY3[1:]),
        interval="1h",
        rows=6,
    ),
    Layout(
        "a time of day that is not read",
        "ABC.csv",
        beside(tuple(map(str, range(24))), HEADER.replace("Time", "Slot")),
        refused="23 of 24 bars have the time of the bar before them",
        fix="--column clock=",
    ),
    Layout(
        "a time of day, given where there is none",
        "ABC.csv",
        rows("Date,Open,High,Low,Close,Volume", f"2024-03-04,{PRICES[0]}", f"2024-03-05,{PRICES[1]}"),
        options={"date_format": "hhmm"},
        refused="there is no such column",
        fix="--column clock=",
    ),
    offsets(
        "a column of offsets", "", fix="--timezone UTC",
        refused="'GMT Offset' stands beside 'Date-Time', whose times may be UTC or those of the exchange",
    ),
    offsets("a column of offsets beside times of UTC", "", options={"timezone": "UTC"}),
    offsets("a column of offsets beside offsets in the cells", "Z"),
]  # fmt: skip
