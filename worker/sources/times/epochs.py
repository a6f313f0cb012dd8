"""Times as numbers: epoch seconds to nanoseconds, days as spreadsheets count them, and digits that spell a date.

The ranges in which the units give plausible years do not overlap, so that a column has one unit or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.sources.numbers import BLANK
from worker.sources.times.cells import Cells, whole_numbers
from worker.sources.times.dates import Parsed, TextTimes

Ints = NDArray[np.int64]
DAYS = {"excel": 25_569, "days": 0, "sas": 3_653}  # 1970-01-01 in days since 1899-12-30, itself and 1960-01-01
TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # per second
_EARLIEST, _FIRST, _LAST = -2_208_988_800, 31_536_000, 4_102_444_800  # 1900, 1971 and 2100 in epoch seconds
_COUNTED = (365, 1_000_000)  # days since 1970, and dates of six digits
COUNTED = "counted"  # kind of numbers that are days, counted or spelled: see `daynumbers`
LIMIT = 9.2e18  # of numbers that 64 bits hold
_LIMITS = {"s": 9e15, "ms": 9e18, "us": 9e18, "ns": 9e18} | dict.fromkeys(DAYS, 1e11)  # what stays within 64 bits as ms
_SPELLED = {"0" * digits for digits in (8, 12, 14)}
SHARE = 0.9  # of the cells that have to be plausible in a unit
NAMES = {
    "s": "epoch seconds", "ms": "epoch ms", "us": "epoch µs", "ns": "epoch ns", "excel": "days of a spreadsheet",
    "days": "days since 1970", "sas": "days since 1960 (SAS, Stata)",
}  # fmt: skip


def plausible(values: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
    """Return which of the values are plausible in each unit, with one unit for all counts of days."""
    found = {}
    for name, ticks in TICKS.items():
        late = (values >= _FIRST * ticks) & (values < _LAST * ticks)
        early = (values >= _EARLIEST * ticks) & (values <= -_FIRST * ticks)
        found[name] = late | early
    found[COUNTED] = (values >= _COUNTED[0]) & (values < _COUNTED[1])
    return found


def as_ms(values: NDArray[Any], unit: str) -> Ints:
    """Return epoch ms; days are rounded to seconds, since their fractions are written with nine digits."""
    if unit in DAYS:
        return np.asarray(np.rint((values - DAYS[unit]) * 86_400), np.int64) * 1_000
    if unit == "s":
        return (
            np.asarray(np.rint(values * 1_000.0), np.int64)
            if values.dtype.kind == "f"
            else np.asarray(values * 1_000, np.int64)
        )
    divisor = TICKS[unit] // 1_000
    if values.dtype.kind == "f":
        return np.asarray(np.floor(values / divisor), np.int64) if divisor > 1 else np.rint(values).astype(np.int64)
    return np.asarray(values // divisor, np.int64)


def show(value: float, unit: str) -> str:
    """Format a value in a unit as a date, for messages."""
    seconds = (value - DAYS[unit]) * 86_400 if unit in DAYS else value / TICKS[unit]
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    except (OverflowError, ValueError, OSError):
        return "no date"


def values_of(cells: Sequence[str]) -> tuple[NDArray[Any], NDArray[np.bool_], list[int]]:
    """Return (numbers with 0 for none, which there are, rows that are neither numbers nor blank)."""
    if (whole := cells.whole if isinstance(cells, Cells) else whole_numbers(cells)) is not None:
        return whole, np.ones(len(cells), np.bool_), []
    found, unreadable = [_value(cell) for cell in cells], []
    for row, value in enumerate(found):
        if value is None and cells[row].strip().lower() not in BLANK:
            unreadable.append(row)
    has = np.array([value is not None for value in found], np.bool_)
    filled = [0 if value is None else value for value in found]
    kind = np.int64 if all(isinstance(value, int) for value in filled) else np.float64
    return np.array(filled, kind), has, unreadable


def _value(cell: str) -> int | float | None:
    text = cell.strip()
    try:
        return _within(int(text))
    except ValueError:
        pass
    try:
        return _within(float(text))
    except ValueError:
        return None


def _within(value: int | float) -> int | float | None:
    return value if abs(value) < LIMIT else None  # also None for NaN


class EpochTimes:
    """Reader of numbers as times in one unit."""

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def read(self, cells: Sequence[str]) -> Parsed:
        """Read the times of some cells."""
        values, has, unreadable = values_of(cells)
        return self.of(values, has, unreadable)

    def of(self, values: NDArray[Any], has: NDArray[np.bool_], unreadable: list[int]) -> Parsed:
        """Convert numbers to times; those that no 64 bits of ms can hold are unreadable."""
        fits = has & (np.abs(values.astype(np.float64)) < _LIMITS[self.unit])
        ms = np.where(fits, as_ms(np.where(fits, values, 0), self.unit), 0)
        count = len(ms)
        if lost := np.flatnonzero(has & ~fits).tolist():
            unreadable = sorted({*unreadable, *lost})
        # Seconds, as all epochs, are UTC; days are counted where they were written.
        zoned = np.full(count, self.unit not in DAYS)
        return Parsed(ms, np.zeros(count, np.int64), zoned, fits, unreadable)


class TwoUnits(EpochTimes):
    """Reader of numbers whose unit changes to the next one, as in files that Binance wrote before and since 2025."""

    def __init__(self, coarse: str, fine: str) -> None:
        super().__init__(fine)
        self._units = (coarse, fine)

    def of(self, values: NDArray[Any], has: NDArray[np.bool_], unreadable: list[int]) -> Parsed:
        """Convert numbers to times, each in the unit in which it is plausible."""
        fits = plausible(values.astype(np.float64))
        known = has & (fits[self._units[0]] | fits[self._units[1]])
        ms = np.zeros(len(values), np.int64)
        for unit in self._units:
            ms = np.where(known & fits[unit], as_ms(np.where(fits[unit], values, 0), unit), ms)
        lost = np.flatnonzero(has & ~known).tolist()
        return Parsed(ms, np.zeros(len(ms), np.int64), known, known, sorted({*unreadable, *lost}))


def spelled(cells: Cells, reader: TextTimes) -> int | None:
    """Count the whole numbers that `reader` reads as a date: `20240105`, `202401050930` or `20240105093000`.

    None where one of the cells has not this form.
    """
    if not cells:
        return 0
    formed = cells.kinds <= _SPELLED or all(len(cell) in (8, 12, 14) and cell.isdigit() for cell in cells)
    if not formed or not {cell[:2] for cell in cells} <= {"19", "20"}:
        return None
    return int(np.count_nonzero(reader.read(cells).has))
