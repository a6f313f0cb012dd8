"""The kind of cells in a column of times, told from all of them, wherever the file is cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from worker.sources.numbers import BLANK
from worker.sources.options import BUDDHIST, ROC
from worker.sources.times import epochs
from worker.sources.times.calendars import is_roc
from worker.sources.times.cells import Cells, ordered
from worker.sources.times.dates import TextTimes

Flags = NDArray[np.bool_]
DIGITS, ORDERED, DATES = "digits", "ordered", "dates"  # kinds of text; the others are units of numbers
BUDDHIST_DATES = {ORDERED: f"{ORDERED}, {BUDDHIST}", DATES: f"{DATES}, {BUDDHIST}"}  # kinds of text, too
CHANGES = ("s ms", "ms us", "us ns")  # kinds of numbers whose unit changes
_POWER = re.compile(r"\d(?:\.(\d*))?e\+?\d+", re.IGNORECASE)
_SAVED = 5  # decimals that a spreadsheet saves
_LONGEST_BLANK = max(map(len, BLANK))


class Typed(NamedTuple):
    """A column that is no text: numbers, or times in epoch ms."""

    values: NDArray[np.int64] | NDArray[np.float64]
    has: Flags
    zone: str | None  # of times; "" where they are local times, None where they are numbers


Column: TypeAlias = "Sequence[str] | Typed"
Looked: TypeAlias = "Cells | Typed"  # a column whose cells several readers look at


def blank(cell: str) -> bool:
    """Return whether a stripped cell says that there is nothing."""
    return len(cell) <= _LONGEST_BLANK and cell.lower() in BLANK


class Evidence:
    """Counts of what the cells of a column can be."""

    def __init__(self) -> None:
        self.first: list[str] = []  # five cells of text
        self.digits = TextTimes(None)  # reads digits that spell a date
        self._cells = self._numeric = self._numbers = 0
        self._dates: int | None = 0  # cells whose digits spell a date; None where one has another form
        self._ordered = False
        self._roc = 0  # cells of ROC years in parts of the column where some have three digits
        self._plausible = dict.fromkeys(epochs.plausible(np.zeros(0)), 0)
        self._odd: dict[str, float] = {}  # unit → the first number that is not plausible in it
        self.firsts: dict[str, float] = {}  # unit → the first number that is plausible in it
        self._powers = 0  # cells with an exponent
        self._precise = ""  # the one with the most decimals
        self.number: float | None = None

    def feed(self, column: Looked) -> None:
        """Look at some cells."""
        if isinstance(column, Typed):
            values = column.values[column.has]
            self._cells += len(values)
            self._numeric += len(values)
            self._spell(Cells(f"{value:.0f}" for value in values.tolist()) if self._dates is not None else Cells())
            values = values.astype(np.float64)
            self._weigh(values[np.abs(values) < epochs.LIMIT])
            return
        if self._dates is None and (whole := column.whole) is not None:  # the usual epochs, quickly
            self._cells += len(whole)
            self._numeric += len(whole)
            self._weigh(whole.astype(np.float64))
            return
        cells = column
        if not all("0" in shape and shape == shape.strip() for shape in column.kinds):  # no blank cell has a digit
            cells = Cells(cell for cell in map(str.strip, column) if not blank(cell))
        self._cells += len(cells)
        self.first += cells[: 5 - len(self.first)]
        kinds = {shape: _numeric(shape) for shape in cells.kinds}
        self._ordered = self._ordered or any(ordered(shape) for shape in kinds)
        if any(map(is_roc, kinds)):
            self._roc += sum(map(is_roc, cells.shapes, cells))
        if not any(kinds.values()):
            if kinds:
                self._dates = None
            return
        numeric = cells
        if any("a" in shape and numeric for shape, numeric in kinds.items()):
            self._look_at_powers([cell for cell in cells if _POWER.fullmatch(cell)])
        if not all(kinds.values()):
            self._dates = None
            numeric = Cells(cell for cell, shape in zip(cells, cells.shapes, strict=True) if kinds[shape])
        self._numeric += len(numeric)
        self._spell(numeric)
        found, has, _ = epochs.values_of(numeric)
        self._weigh(found[has].astype(np.float64))

    def _look_at_powers(self, cells: list[str]) -> None:
        self._powers += len(cells)
        self._precise = max([self._precise, *cells], key=_decimals)

    @property
    def rounded(self) -> str | None:
        """A cell, where most are numbers with an exponent and so few digits that times of a bar are lost."""
        many = self._powers > self._numeric // 2
        return self._precise if many and _decimals(self._precise) <= _SAVED else None

    def _spell(self, cells: Cells) -> None:
        if self._dates is not None and cells:
            found = epochs.spelled(cells, self.digits)
            self._dates = None if found is None else self._dates + found

    def _weigh(self, values: NDArray[np.float64]) -> None:
        if not len(values):
            return
        self._numbers += len(values)
        if self.number is None:
            self.number = float(values[0])
        for unit, fits in epochs.plausible(values).items():
            self._plausible[unit] += int(np.count_nonzero(fits))
            if unit not in self.firsts and fits.any():
                self.firsts[unit] = float(values[int(np.argmax(fits))])
            if unit not in self._odd and not fits.all():
                self._odd[unit] = float(values[int(np.argmin(fits))])

    def kind(self) -> str | None:
        """Return DIGITS, a unit, `epochs.COUNTED`, ROC, ORDERED or DATES; None where there is no cell."""
        if not self._cells:
            return None
        if 2 * self._roc > self._cells:
            return ROC
        if self._numeric <= self._cells // 2:
            return ORDERED if self._ordered else DATES
        if self._dates is not None and self._dates >= epochs.SHARE * self._cells:
            return DIGITS
        if not self._numbers:
            return "ms"
        units = [unit for unit in epochs.TICKS if self._plausible[unit]]
        change = " ".join(units)
        if change in CHANGES and sum(map(self._plausible.__getitem__, units)) >= epochs.SHARE * self._numbers:
            return change
        return max(self._plausible, key=lambda unit: self._plausible[unit])

    def implausible(self, kind: str, named: bool) -> float | None:
        """Return a number that speaks against a unit, if too many do; an unnamed column counts rows, not days."""
        if kind not in self._plausible or not self._numbers:
            return None
        if self._plausible[kind] < epochs.SHARE * self._numbers:
            return self._odd[kind]
        return self.number if kind == epochs.COUNTED and not named else None


def _decimals(cell: str) -> int:
    match = _POWER.fullmatch(cell)
    return len(match[1] or "") if match else 0


def _numeric(shape: str) -> bool:
    """Return whether cells of a shape are numbers; `0a0` stands for 1e5."""
    try:
        float(shape.replace("a", "e", 1) if shape[:1] != "a" else shape)
    except ValueError:
        return False
    return True
