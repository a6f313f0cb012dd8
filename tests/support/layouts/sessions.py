"""Bars that are not all as long as the others, or whose times are not those at which they open."""

from __future__ import annotations

from tests.support.layouts.layout import DAY1, DAY3, Layout
from tests.support.layouts.rows import DAYS, EPOCH_MS, OHLCV, PRICES, daily, rows


def at(*times: str) -> str:
    """Rows at some times, whose prices begin with the first and end with the last of three."""
    prices = [PRICES[0], *[PRICES[1]] * (len(times) - 2), PRICES[2]]
    return rows(OHLCV, *(f"{time},{price}" for time, price in zip(times, prices, strict=True)))


HALF_HOUR = [f"{day} {time}:00-05:00" for day in DAYS for time in ("09:30", "10:00", "11:00", "12:00", "13:00")]
AUCTION = [f"{day} {time}" for day in DAYS for time in ("15:00", "16:00", "17:00", "17:35")]
LAYOUTS: list[Layout] = [
    Layout(
        "hours of a session that begins at 09:30",
        "ABC.csv",
        at(*HALF_HOUR),
        refused="9 of 14 steps are 1h, and only 30m fits all of them",
        fix="--interval 1h or --interval 30m",
    ),
    Layout(
        "hours of a session that begins at 09:30, given",
        "ABC.csv",
        at(*HALF_HOUR),
        options={"interval": "1h"},
        first=("2024-03-04T14:00", *DAY1[1:]),
        last=("2024-03-06T18:00", *DAY3[1:]),
        rows=15,
        interval="1h",
        notes="3 bars begin off the 1h grid",
    ),
    Layout(
        "an auction behind the hours, given",
        "ABC.csv",
        at(*AUCTION),
        options={"interval": "1h"},
        first=("2024-03-04T15:00", *DAY1[1:]),
        last=("2024-03-06T17:35", *DAY3[1:]),
        rows=12,
        interval="1h",
    ),
    Layout(
        "hours that are days",
        "ABC.csv",
        daily(OHLCV),
        options={"interval": "1h"},
        refused="all begin at midnight, and no two stand nearer than 1d",
        fix="--interval 1d",
    ),
    Layout(
        "weeks that are days",
        "ABC.csv",
        daily(OHLCV),
        options={"interval": "1w"},
        refused="would overlap: 2 of 2 steps are 1d",
        fix="--interval 1d",
    ),
    Layout(
        "minutes that stand five apart",
        "ABC.csv",
        at("2024-03-04 09:00", "2024-03-04 09:05", "2024-03-04 09:10"),
        options={"interval": "1m"},
        first=("2024-03-04T09:00", *DAY1[1:]),
        last=("2024-03-04T09:10", *DAY3[1:]),
        interval="1m",
        notes="no two bars stand nearer than 5m",
    ),
    Layout(
        "bars of a length that no vendor sells",
        "ABC.csv",
        at("2024-03-04 09:00", "2024-03-04 09:07", "2024-03-04 09:14", "2024-03-04 09:21"),
        first=("2024-03-04T09:00", *DAY1[1:]),
        last=("2024-03-04T09:21", *DAY3[1:]),
        rows=4,
        interval="7m",
    ),
    Layout(
        "two steps of a length that no vendor sells",
        "ABC.csv",
        at("2024-03-04 09:00", "2024-03-04 09:07", "2024-03-04 09:14"),
        refused="7m",
        fix="--interval",
    ),
    Layout(
        "CoinMarketCap",
        "ABC.csv",
        "timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;timestamp\n"
        + "".join(
            f'"{day}T00:00:00.000Z";"{day}T23:59:59.999Z";"{day}T13:07:00.000Z";"{day}T03:11:00.000Z";"1";'
            f'{price.replace(",", ";")};9;"{day}T23:59:59.999Z"\n'
            for day, price in zip(DAYS, PRICES, strict=True)
        ),
    ),
    Layout(
        "times of the last ms",
        "ABC.csv",
        rows("timestamp,open,high,low,close,volume",
             *(f"{ms + 86_399_999},{price}" for ms, price in zip(EPOCH_MS, PRICES, strict=True))),
        notes="times are the last millisecond of each bar: the bars open 1d earlier",
    ),
    Layout(
        "times of the last second",
        "ABC.csv",
        at("2024-03-04 00:59:59", "2024-03-04 01:59:59", "2024-03-04 02:59:59"),
        last=("2024-03-04T02:00", *DAY3[1:]),
        interval="1h",
        notes="times are the last second of each bar",
    ),
    Layout(
        "days that end at 24:00",
        "ABC.csv",
        at(*(f"{day} {time}" for day in DAYS for time in ("06:00", "12:00", "18:00", "24:00"))),
        last=("2024-03-06T18:00", *DAY3[1:]),
        rows=12,
        interval="6h",
        notes="times are the ends of the bars, since days end at 24:00: the bars open 6h earlier",
    ),
    Layout(
        "days that end at 2400, in a column beside",
        "ABC.csv",
        at(*(f"{day},{time}" for day in DAYS for time in (600, 1200, 1800, 2400))).replace("Date,", "Date,Time,"),
        last=("2024-03-06T18:00", *DAY3[1:]),
        rows=12,
        interval="6h",
        notes="times are the ends of the bars",
    ),
    Layout(
        "days that begin at 00:00 and end at 24:00",
        "ABC.csv",
        at("2024-03-04 00:00", "2024-03-04 12:00", "2024-03-04 24:00", "2024-03-05 12:00", "2024-03-05 24:00"),
        last=("2024-03-06T00:00", *DAY3[1:]),
        rows=5,
        interval="12h",
    ),
    Layout(
        "one stray 24:00",
        "ABC.csv",
        at("2024-03-04 23:00", "2024-03-04 24:00", *(f"{day} {time}:00" for day in DAYS[1:] for time in (22, 23))),
        first=("2024-03-04T23:00", *DAY1[1:]),
        last=("2024-03-06T23:00", *DAY3[1:]),
        rows=6,
        interval="1h",
    ),
]  # fmt: skip
