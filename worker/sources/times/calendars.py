"""Years that are not counted from the birth of Christ: of the Republic of China, Buddhist, of Japan's emperors.

An era that a cell names is read as it stands. Years without one are told by the whole column: no bar is of 2566, and no
Gregorian year has three digits.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from worker.sources.options import BUDDHIST, ROC

AHEAD = {ROC: -1_911, BUDDHIST: 543}  # years that a calendar is ahead of the Gregorian one
LABELS = {ROC: "years of the Republic of China", BUDDHIST: "Buddhist years"}
_ERAS = {  # the year before the first one, and how many there were
    "明治": (1867, 45), "m": (1867, 45), "大正": (1911, 15), "t": (1911, 15), "昭和": (1925, 64), "s": (1925, 64),
    "平成": (1988, 31), "h": (1988, 31), "令和": (2018, 99), "r": (2018, 99),
    "民國": (1911, 199), "民国": (1911, 199), "中華民國": (1911, 199), "中华民国": (1911, 199),
}  # fmt: skip
_MARKS = str.maketrans({"年": "-", "월": "-", "月": "-", "년": "-", "日": "", "일": "", "元": "1"})
_TWO_DIGITS = re.compile(r"(\d\d)([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_ROC = re.compile(r"0{3}(?:[-/.]|年)0")  # shape of a year of three digits in front


def unmarked(text: str) -> str:
    """Return a date whose year, month and day are marked by characters, 2024年1月5日, with dashes instead."""
    return text if text.isascii() else text.translate(_MARKS)


def year_of_era(era: str, year: str) -> int | None:
    """Return the Gregorian year of an era's year; None where there is no such era, or it had no such year."""
    before, years = _ERAS.get(era.lower(), (0, 0))
    return before + int(year) if len(year) <= 3 and 0 < int(year) <= years else None


def is_era(text: str) -> bool:
    """Return whether a cell begins with the name of an era."""
    found = re.match(r"[^\W\d_]+", text)
    return found is not None and found[0].removesuffix("元").lower() in _ERAS


def is_roc(shape: str, cell: str = "") -> bool:
    """Return whether cells of a shape have a year of three digits in front, or a cell one of two that is no day."""
    return _ROC.match(shape) is not None or (cell[:2] > "31" and _TWO_DIGITS.match(cell) is not None)


def two_digits(cell: str) -> str | None:
    """Return the readings of a year of two digits in front that is neither a day nor a month; None for other cells."""
    found = _TWO_DIGITS.match(cell.strip())
    if found is None or int(found[1]) <= 31:
        return None
    day = f"-{int(found[3]):02}-{int(found[4]):02}"
    century = 1900 if int(found[1]) >= 69 else 2000
    return f"{century + int(found[1])}{day} with the year first and {int(found[1]) - AHEAD[ROC]}{day} in {LABELS[ROC]}"


def spelled(value: float) -> list[str]:
    """Return the dates that the digits of a number spell in each calendar, for messages."""
    digits, found = f"{value:.0f}", []
    for calendar, length in ((ROC, 7), (BUDDHIST, 8)):
        year, month, day = digits[:-4], digits[-4:-2], digits[-2:]
        if len(digits) == length and 1900 <= int(year) - AHEAD[calendar] < 2100:
            found.append(f"{LABELS[calendar]}: {int(year) - AHEAD[calendar]}-{month}-{day}")
    return found


def _ms(year: int) -> int:
    return (np.datetime64(f"{year}-01-01", "ms")).astype(int)  # type: ignore[no-any-return]


_BUDDHIST = _ms(1900 + AHEAD[BUDDHIST]), _ms(2100 + AHEAD[BUDDHIST])
_HIJRI = _ms(1278), _ms(1525)  # 1900 to 2100 by the solar and by the lunar count; before the first stock exchange


def buddhist(times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which times, read as Gregorian, lie in Buddhist years."""
    return (times >= _BUDDHIST[0]) & (times < _BUDDHIST[1])


def hijri(times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which times, read as Gregorian, lie in years of the Islamic calendars."""
    return (times >= _HIJRI[0]) & (times < _HIJRI[1])
