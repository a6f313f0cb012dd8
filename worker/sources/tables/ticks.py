"""Prices that are no decimals: units of a billionth, 32nds and eighths. Read where it is sure, else refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError
from worker.sources.numbers import BLANK

_32NDS = re.compile(r"(\d{1,3})'([0-2]\d|3[01])([0257])")
_EIGHTHS = re.compile(r"\d{2,5}'[0-7]")
_QUARTERS = {"0": 0.0, "2": 0.25, "5": 0.5, "7": 0.75}
_NANO = 1e-9
_KNOWN, _STRANGE, _TICK = 10**6, 10**10, 10**4  # least number, in Databento's files and in others; what divides all
_FIX = "Give the prices as decimals, or --decimal . if they are right as they stand"


class TickPrices:
    """The notation of prices, from all cells of their columns."""

    def __init__(self, databento: bool) -> None:
        """Start without cells; `databento`: the columns have the names that its files have."""
        self._databento = databento
        self._quoted = 0  # cells with an apostrophe
        self._fractions: dict[str, tuple[int, str, str]] = {}  # kind → cells, a sample, its column
        self._whole = True
        self._seen = False

    def feed(self, column: str, cells: Sequence[str]) -> None:
        """Look at some cells of text."""
        if cells and "'" in cells[0]:
            self._look_at_quotes(column, [cell.strip() for cell in cells])
        if not self._whole or not cells:
            return
        first = next((cell.strip() for cell in cells if cell.strip().lower() not in BLANK), "")
        if first and not (first.isdecimal() and len(first) >= len(str(_KNOWN))):
            self._whole = False
            return
        try:
            numbers = [int(cell) for cell in cells if cell.strip().lower() not in BLANK]
            self.weigh(np.array(numbers, np.int64))
        except (ValueError, OverflowError):
            self._whole = False

    def weigh(self, values: NDArray[np.int64] | NDArray[np.float64]) -> None:
        """Look at some numbers."""
        if not self._whole or not len(values):
            return
        least, tick = (_KNOWN, 1) if self._databento else (_STRANGE, _TICK)
        self._seen = True
        # One that is missing or infinite is no whole number, and has no remainder.
        self._whole = bool(least <= values.min() and values.max() < np.inf and not (values % tick).any())

    def _look_at_quotes(self, column: str, cells: list[str]) -> None:
        self._quoted += sum("'" in cell for cell in cells)
        for kind, form in (("32nds", _32NDS), ("eighths", _EIGHTHS)):
            if fitting := [cell for cell in cells if form.fullmatch(cell)]:
                count, sample, where = self._fractions.get(kind, (0, fitting[0], column))
                self._fractions[kind] = (count + len(fitting), sample, where)

    def scale(self, name: str, given: str | None) -> float:
        """Return the factor on all prices.

        Raises:
            DataError: they may be fractions or units of a billionth, and `given` does not say that they are none.
        """
        if given is None:
            for kind, (count, sample, column) in self._fractions.items():
                if count == self._quoted:
                    raise _fractions(name, kind, sample, column)
        if not (self._whole and self._seen):
            return 1.0
        if self._databento:
            return _NANO
        if given is None:
            raise DataError(
                f"{name}: all prices are whole numbers from {_STRANGE:,} that {_TICK:,} divides: they look like units "
                "of a billionth, as feeds send them",
                _FIX,
            )
        return 1.0


def _fractions(name: str, kind: str, sample: str, column: str) -> DataError:
    if kind == "eighths":
        whole, _, eighths = sample.partition("'")
        return DataError(
            f"{name}: {sample} in column {column!r} looks like {whole} and {eighths} eighths",
            "Give the prices as decimals",
        )
    match = _32NDS.fullmatch(sample)
    assert match is not None
    value = int(match[1]) + (int(match[2]) + _QUARTERS[match[3]]) / 32
    return DataError(
        f"{name}: {sample} in column {column!r} is {sample.replace(chr(39), '')} with an apostrophe between thousands "
        f"and {value:.15g} in 32nds, and no other cell decides",
        "Give --decimal . if they are thousands, else the prices as decimals",
    )
