"""Cells of text: their shapes, where dates stand in them, and the numbers that are quickly told.

Several readers look at the same cells of times before one of them is believed. What they all need is worked out once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHAPE = str.maketrans("0123456789" + _LETTERS, "0" * 10 + "a" * 52)
_INTEGERS = msgspec.json.Decoder(list[int])

# Shapes have 0 for every digit and a for every letter.
_ORDERED = r"0{1,2}(?P<sep>[-/. ])0{1,2}(?P=sep)(?:0{4}|00)"  # day or month first
_PLAIN = "|".join(
    (
        r"0{4}[-/.]0{1,2}[-/.]0{1,2}",
        r"0{8}",
        r"0{1,2}(?:aa)?[-/. ]{0,2}[^\W\d_]{3,9}[-/., ]{0,2}(?:0{4}|00)",
        r"[^\W\d_]{3,9}[-/. ]{1,2}0{1,2}(?:aa)?,?[-/ ](?:0{4}|00)",
        r"0{4}[-/ ][^\W\d_]{3,9}[-/ ]0{1,2}",
        r"[^\W\d_]{0,4}0{0,4}[年년] ?0{1,2}[月월] ?0{1,2}[日일]",
        r"(?:a|[^\W\d_a]{2,4})0{1,2}[-/.]0{1,2}[-/.]0{1,2}",  # with the letter of a Japanese era
        r"0{3}[-/.]0{1,2}[-/.]0{1,2}",
        r"0{6,7}",
    )
)
_CELL = re.compile(
    rf"(?P<week>[^\W\d_]{{3,9}},? )?(?P<date>(?P<ordered>{_ORDERED})|{_PLAIN})"
    r"(?:(?P<gap>[ ,;_-]+|a|(?<=0{8})(?=0{4}))(?P<rest>0.*))?(?P<zone>a|[+-]00:?00)?"
)


class _Cuts(dict[str, "tuple[int, int, bool] | None"]):
    """Shape → (begin and end of the date, whether its order is open); None for what is no date."""

    def __missing__(self, shape: str) -> tuple[int, int, bool] | None:
        match = _CELL.match(shape)
        found = None if match is None else (*match.span("date"), match["ordered"] is not None)
        self[shape] = found
        return found


_CUTS = _Cuts()


def ordered(shape: str) -> bool | None:
    """Return whether day and month of such a date can change places; None for what is no date."""
    cut = _CUTS[shape]
    return None if cut is None else cut[2]


class Cells(list[str]):
    """Cells of one column that do not change any more."""

    @cached_property
    def _shaped(self) -> str:
        return "\n".join(self).translate(_SHAPE)

    @cached_property
    def shapes(self) -> list[str]:
        """Each cell with 0 for its digits and a for its letters."""
        found = self._shaped.split("\n")
        return found if len(found) == len(self) else [cell.replace("\n", " ").translate(_SHAPE) for cell in self]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The shapes there are."""
        first = self._shaped.partition("\n")[0]
        alike = self._shaped == "\n".join([first] * len(self))  # as in most files
        return frozenset([first] if alike and self else self.shapes)

    @cached_property
    def pieces(self) -> tuple[list[str], list[str]]:
        """(dates, what stands behind them); both empty where there is no date."""
        if len(self.kinds) == 1 and (cut := _CUTS[next(iter(self.kinds))]) is not None:
            begin, end, _ = cut
            return [cell[begin:end] for cell in self], [cell[end:] for cell in self]
        cuts = [_CUTS[shape] for shape in self.shapes]
        found = [
            ("", "") if cut is None else (cell[cut[0] : cut[1]], cell[cut[1] :])
            for cell, cut in zip(self, cuts, strict=True)
        ]
        return [day for day, _ in found], [rest for _, rest in found]

    @cached_property
    def whole(self) -> NDArray[np.int64] | None:
        """The cells, if all are whole numbers of 64 bits; None where one is not."""
        return whole_numbers(self)

    @cached_property
    def read_by(self) -> dict[object, Any]:
        """Reader → what it made of them."""
        return {}


def whole_numbers(cells: Sequence[str]) -> NDArray[np.int64] | None:
    """Return the cells if all are whole numbers of 64 bits, as Python writes them; else None."""
    try:
        int(cells[0] if cells else "0")
        found = _INTEGERS.decode(f"[{','.join(cells)}]")  # the usual ones are written as in JSON, which is read faster
        if len(found) == len(cells):
            return np.array(found, np.int64)
    except msgspec.DecodeError:
        pass
    except (ValueError, OverflowError):
        return None
    try:
        return np.fromiter(map(int, cells), np.int64, len(cells))
    except (ValueError, OverflowError):
        return None
