"""Zones that the header of the times names, as it is or as one of several."""

from __future__ import annotations

from typing import Any

from tests.support.layouts.layout import DAY1, DAY3, Layout
from tests.support.layouts.rows import PRICES, daily, rows

PRICED = "Open,High,Low,Close,Volume"
SUMMER, WINTER = "2024-07-04", "2024-01-04"


def hours(column: str, first: str = "", day: str = SUMMER, cells: str = "{day} {hour:02}:00", **said: Any) -> Layout:
    """A layout of the hours from 09:00 to 11:00 of a day in a column; `first` is 09:00 in UTC."""
    times = (cells.format(day=day, hour=hour) for hour in (9, 10, 11))
    content = rows(f"{column},{PRICED}", *(f"{time},{price}" for time, price in zip(times, PRICES, strict=True)))
    if first:
        begins = int(first)
        said |= {"first": (f"{day}T{begins:02}:00", *DAY1[1:]), "last": (f"{day}T{begins + 2:02}:00", *DAY3[1:])}
    title = said.pop("title", f"{column} on {day}")
    return Layout(title, "ABC.csv", content, interval="1h", **said)


def refused(column: str, readings: str, fix: str, **said: Any) -> Layout:
    return hours(column, refused=f"2024-07-04 09:00 in the time column {column!r} is {readings}", fix=fix, **said)


PLACE = "are those of some place, and no zone is named"
FALLS_BACK = rows(
    f"Date,{PRICED}",
    *(f"{time},{price}" for time, price in zip(
        ("2024-10-27 00:00", "2024-10-27 01:00", "2024-10-27 02:00"), PRICES, strict=True)),
)  # fmt: skip
EET = "2024-07-04 06:00 UTC by Europe/Athens and 2024-07-04 07:00 UTC by UTC+2"
EST = "2024-07-04 13:00 UTC by America/New_York and 2024-07-04 14:00 UTC by UTC-5"
LAYOUTS: list[Layout] = [
    *(hours(column, "9") for column in ("Gmt time", "Time (UTC)", "timestamp_utc", "open_time_utc", "dateUTC", "UTC")),
    *(hours(column, "7") for column in ("Date (UTC+2)", "Time [GMT+02:00]", "time_utc+2", "Datetime (+0200)")),
    *(hours(column, "0") for column in ("datetime_jst", "JST time", "Time (Asia/Tokyo)", "Time (Tokyo)", "日時 (JST)")),
    *(hours(column, "13") for column in ("Time (ET)", "timeET", "Date (America/New_York)", "Time (New York time)")),
    hours("Timestamp (UTC+5:30)", "4", cells="{day} {hour:02}:30"),
    refused("Time (EET)", EET, "Give --timezone Europe/Athens or --timezone UTC+2"),
    refused("time_est", EST, "Give --timezone America/New_York or --timezone UTC-5"),
    refused("EST time", EST, "--timezone UTC-5"),
    refused(
        "Time (IST)", "2024-07-04 03:30 UTC by Asia/Kolkata and 2024-07-04 06:00 UTC by Asia/Jerusalem and 2024-07-04 "
        "08:00 UTC by Europe/Dublin", "--timezone Asia/Kolkata or",
    ),
    hours("Time (EET)", "7", WINTER),
    hours("time_est", "14", WINTER),
    hours("Time (MESZ)", "7"),
    hours("Time (EET)", "7", title="Time (EET), given", options={"timezone": "UTC+2"}),
    hours("Time (EET)", "6", title="Time (EET), given by name", options={"timezone": "Europe/Athens"}),
    hours("Time (EET)", "9", cells="{day} {hour:02}:00Z", title="Time (EET) beside offsets in the cells"),
    hours("Local time", refused=f"the times in 'Local time' {PLACE}", fix="--timezone"),
    hours("Time (exchange)", refused=f"the times in 'Time (exchange)' {PLACE}", fix="--timezone"),
    hours("Local time", "7", title="Local time, given", options={"timezone": "Europe/Berlin"}),
    hours("Time (XYZ)", refused="no column for ts; seen: Time (XYZ), Open", fix="--column ts=…"),
    hours("Date,Time (JST)", "0", cells="{day},{hour:02}:00"),
    hours("Datum (MEZ),Uhrzeit (MEZ)", "8", WINTER, cells="{day},{hour:02}:00"),
    hours(
        "Date (UTC),Time (JST)", cells="{day},{hour:02}:00", fix="Give --timezone",
        refused="'Date (UTC)' and 'Time (JST)' name two time zones",
    ),
    hours("time_est,time_utc", "9", cells="{day} 05:{hour:02},{day} {hour:02}:00"),
    hours("timestamp,timestamp_utc", "9", cells="{day} 05:{hour:02},{day} {hour:02}:00"),
    Layout(
        "one pass of a repeated hour", "ABC.csv", FALLS_BACK, ("2024-10-26T22:00", *DAY1[1:]),
        ("2024-10-27T00:00", *DAY3[1:]), interval="1h", options={"timezone": "Europe/Berlin"},
        notes="1 bar stands in an hour that Europe/Berlin repeats, the first on 2024-10-27, with one pass only: it is "
        "taken for the first; --repeated-hour second takes the other",
    ),
    Layout(
        "one pass of a repeated hour, given", "ABC.csv", FALLS_BACK, ("2024-10-26T22:00", *DAY1[1:]),
        ("2024-10-27T01:00", *DAY3[1:]), interval="1h",
        options={"timezone": "Europe/Berlin", "repeated_hour": "second"},
    ),
    *(
        Layout(f"days in a column {column}", "ABC.csv", daily(f"{column},{PRICED}"))
        for column in ("Date (EET)", "date_local", "Date (UTC+2)")
    ),
]  # fmt: skip
