"""Recognises the columns of a table of bars whatever their spelling, with or without a header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from worker.errors import DataError
from worker.sources.timestamps import parse_time

# Spellings with everything but letters and digits removed. The adjusted close is no price at which anybody traded.
ALIASES = {
    "ts": ("ts", "timestamp", "datetime", "opentime", "date", "time", "t", "dt", "unix", "unixtime", "timestampms",
           "gmttime", "indexlevel0", "unnamed0", ""),
    "open": ("open", "o", "openprice"),
    "high": ("high", "h", "highprice", "max"),
    "low": ("low", "l", "lowprice", "min"),
    "close": ("close", "c", "closeprice", "closelast"),
    "volume": ("volume", "vol", "v", "basevolume", "tickvolume", "tickvol"),
    "symbol": ("symbol", "ticker", "sym", "instrument", "s"),
    "ingest_ts": ("ingestts", "ingesttime", "receivedts"),
}  # fmt: skip
PRICES_AND_VOLUME = ("open", "high", "low", "close", "volume")
REQUIRED = ("ts", *PRICES_AND_VOLUME)
_NOISE = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True)
class Columns:
    """Positions of the columns in a row; `clock` is the time of day where date and time are apart."""

    ts: int
    numbers: tuple[int, int, int, int, int]  # open, high, low, close, volume
    symbol: int | None = None
    clock: int | None = None
    ingest_ts: int | None = None

    @property
    def width(self) -> int:
        """Cells a row must have at least."""
        return 1 + max(self.ts, *self.numbers, self.symbol or 0, self.clock or 0, self.ingest_ts or 0)


def recognise(header: Sequence[str], name: str) -> Columns:
    """Columns of a table by its header.

    Raises:
        DataError: a needed column is missing; the message lists those seen and wanted.
    """
    spelled = [_NOISE.sub("", cell.lower()) for cell in header]
    found = {field: at for field, names in ALIASES.items() if (at := _first(spelled, names)) is not None}
    missing = [field for field in REQUIRED if field not in found]
    if missing:
        seen = ", ".join(cell.strip() or "(unnamed)" for cell in header)
        raise DataError(
            f"{name}: no column for {', '.join(missing)}; seen: {seen}; wanted: {', '.join(REQUIRED)}",
            "Rename the columns; symbol and ingest_ts are optional",
        )
    clock = None
    if "date" in spelled and "time" in spelled and not {"ts", "timestamp", "datetime"} & set(spelled):
        found["ts"], clock = spelled.index("date"), spelled.index("time")
    open_, high, low, close, volume = (found[field] for field in PRICES_AND_VOLUME)
    return Columns(found["ts"], (open_, high, low, close, volume), found.get("symbol"), clock, found.get("ingest_ts"))


def guess(row: Sequence[str], name: str) -> Columns:
    """Columns of a table without header: time, open, high, low, close, volume, and a symbol before or after them.

    Raises:
        DataError: the first row has another shape.
    """
    first = 1 if row and not _is_time(row[0]) else 0
    if len(row) >= first + 6 and _is_time(row[first]) and all(is_number(cell) for cell in row[first + 1 : first + 6]):
        last = first + 6
        after = last if not first and len(row) == last + 1 and not is_number(row[last]) else None
        at = first + 1
        return Columns(first, (at, at + 1, at + 2, at + 3, at + 4), symbol=0 if first else after)
    raise DataError(
        f"{name}: the first row is neither a header nor {', '.join(REQUIRED)}; seen: {', '.join(row)[:200]}",
        f"Add a header with {', '.join(REQUIRED)} and, for several symbols, symbol",
    )


def has_header(row: Sequence[str]) -> bool:
    """Whether a first row names columns: rows of data have at least four numbers."""
    return sum(is_number(cell) for cell in row) < 4


def is_number(cell: str) -> bool:
    """Whether Python reads the cell as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_time(cell: str) -> bool:
    try:
        parse_time(cell)
    except (ValueError, OverflowError):
        return False
    return True


def _first(spelled: list[str], names: tuple[str, ...]) -> int | None:
    return next((spelled.index(name) for name in names if name in spelled), None)
