"""How vendors write times and numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


class Times(NamedTuple):
    """Columns that hold a bar's time: their names, and their cells for epoch ms."""

    names: tuple[str, ...]
    cells: Callable[[int], tuple[str, ...]]


def _at(ms: int, zone: timezone | ZoneInfo = UTC) -> datetime:
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


def _form(name: str, form: str, zone: timezone | ZoneInfo = UTC) -> Times:
    return Times((name,), lambda ms: (_at(ms, zone).strftime(form),))


def _two(names: tuple[str, str], first: str, second: str) -> Times:
    return Times(names, lambda ms: (_at(ms).strftime(first), _at(ms).strftime(second)))


def _iso(name: str, zone: timezone | ZoneInfo) -> Times:
    return Times((name,), lambda ms: (_at(ms, zone).isoformat(" "),))


def _count(name: str, unit: int, digits: int = 0) -> Times:
    return Times((name,), lambda ms: (f"{ms / unit:.{digits}f}" if digits else str(ms // unit),))


TIMES = (
    _form("Date", "%Y-%m-%d"),
    _form("time", "%Y-%m-%d %H:%M:%S"),
    _form("timestamp", "%Y-%m-%dT%H:%M:%SZ"),
    _form("datetime", "%Y-%m-%dT%H:%M"),
    _form("Date", "%Y/%m/%d %H:%M"),
    _form("Gmt time", "%d.%m.%Y %H:%M:%S.000"),
    _form("Date", "%d.%m.%Y %H:%M"),
    _form("Date", "%d/%m/%Y %H:%M"),
    _form("Date", "%m/%d/%Y %H:%M"),
    _form("Date", "%m/%d/%Y %I:%M %p"),
    _form("Date", "%m/%d/%Y"),
    _form("Date", "%d-%m-%Y %H:%M"),
    _form("Date", "%d-%b-%Y"),
    _form("Date", "%b %d, %Y"),
    _form("date", "%Y%m%d"),
    _form("date", "%Y%m%d %H%M%S"),
    _iso("Datetime", timezone(timedelta(hours=2))),
    _iso("Datetime", NEW_YORK),
    _form("Local time", "%Y-%m-%d %H:%M:%S", NEW_YORK),
    _two(("Date", "Time"), "%Y-%m-%d", "%H:%M:%S"),
    _two(("<DATE>", "<TIME>"), "%Y.%m.%d", "%H:%M:%S"),
    _two(("<DTYYYYMMDD>", "<TIME>"), "%Y%m%d", "%H%M%S"),
    _two(("Date", "Time"), "%m/%d/%Y", "%I:%M %p"),
    _count("ts", 1),
    _count("time", 1_000),
    _count("Open time", 1),
    _count("unix", 1_000, 3),
    Times(("timestamp",), lambda ms: (str(ms * 1_000),)),
    Times(("timestamp",), lambda ms: (str(ms * 1_000_000),)),
    Times(("Date",), lambda ms: (f"{ms / 86_400_000 + 25_569:.9f}".rstrip("0").rstrip("."),)),  # of spreadsheets
)


def _grouped(x: float, group: str, point: str) -> str:
    return f"{x:,.2f}".replace(",", "_").replace(".", point).replace("_", group)


NUMBERS: tuple[Callable[[float], str], ...] = (
    repr,
    repr,
    repr,
    lambda x: f"{x:.2f}",
    lambda x: f"{x:.8f}",
    lambda x: f"{x:g}",
    lambda x: f"{x:.6E}",
    lambda x: repr(x).replace(".", ","),
    lambda x: f"{x:.4f}".replace(".", ","),
    lambda x: _grouped(x, ",", "."),
    lambda x: _grouped(x, ".", ","),
    lambda x: _grouped(x, " ", ","),
    lambda x: _grouped(x, "'", "."),
    lambda x: f"${x:,.2f}",
    lambda x: f"{x:.2f} EUR",
)

PLAIN = NUMBERS[:7]
HEADERS = (
    ("open", "high", "low", "close", "volume"),
    ("Open", "High", "Low", "Close", "Volume"),
    ("OPEN", "HIGH", "LOW", "CLOSE", "VOL"),
    ("<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<TICKVOL>"),
    ("o", "h", "l", "c", "v"),
    ("1. open", "2. high", "3. low", "4. close", "5. volume"),
    ("Open", "High", "Low", "Close/Last", "Volume"),
    ("Open", "High", "Low", "Last", "Volume"),
    ("open_price", "high_price", "low_price", "close_price", "base_volume"),
    ("Open", "High", "Low", "Close", "Volume USD"),
    ("Price open", "Price high", "Price low", "Price close", "Vol."),
)
NOTHING = (
    "",
    "",
    "",
    "null",
    "NaN",
    "nan",
    "N/A",
    "-",
    "None",
    "#N/A",
    "?",
    "inf",
    "-inf",
    "1e999",
    "0x1F",
    "１２",
    "1_000",
    "--",
    "1.2.3",
    "12,3,4",
)


def cell(rng: random.Random, value: float | None, spell: Callable[[float], str]) -> str:
    """A number as text; what is none in one of the ways that vendors have."""
    if value is None:
        return rng.choice(NOTHING[:8])
    if value != value or value in (float("inf"), float("-inf")):
        return rng.choice((str(value), str(value).upper(), "NaN", ""))
    return spell(value)
