"""Numbers as people write them; the decimal mark is decided over whole columns, never cell by cell."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError

BLANK = frozenset(
    {"", "na", "n/a", "#n/a", "#n/a n/a", "n.a.", "null", "none", "nil", "-", "--", "–", "nan", "nat", "."}
)
_CURRENCIES = "$€£¥₹₽₩₿"
_SIGNS = re.compile(rf"[{_CURRENCIES}\s]|\b(?:USD|EUR|GBP|CHF|JPY|USDT|BTC|HKD|CAD|AUD|INR)\b")
_SPACES = " \u00a0\u2009\u202f'’"
_CLEAN = str.maketrans("−", "-", _CURRENCIES + _SPACES + "()+\t")
_SCALES = {"k": 3, "m": 6, "b": 9, "t": 12}  # powers of ten


def _reading(decimal: str, group: str) -> re.Pattern[str]:
    """Compile the pattern of a number; groups have three digits, or as in India two, and three at the end."""
    d, g = re.escape(decimal), re.escape(group)
    whole = rf"\d{{1,3}}(?:{g}\d{{3}})+|\d{{1,2}}(?:{g}\d{{2}})+{g}\d{{3}}|\d{{1,3}}(?:[{_SPACES}]\d{{3}})+|\d*"
    return re.compile(rf"([+-]?)({whole})(?:{d}(\d*))?(e[+-]?\d+)?", re.IGNORECASE)


_READINGS = {".": _reading(".", ","), ",": _reading(",", ".")}


def _proof(decimal: str, group: str) -> re.Pattern[str]:
    """Compile the pattern of cells that only this decimal mark can explain, in cleaned cells one a line."""
    d, g = re.escape(decimal), re.escape(group)
    forms = (
        rf"\d*{d}\d{{1,2}}",
        rf"\d*{d}\d{{4,}}",
        rf"(?:0\d*|\d{{4,}}|){d}\d{{3}}",
        rf"\d*{d}\d+e[+-]?\d+",
        rf"\d{{1,3}}(?:{g}\d{{3}})+{d}\d*",
        rf"\d{{1,3}}(?:{g}\d{{3}}){{2,}}",
        rf"\d{{1,2}}(?:{g}\d{{2}})+{g}\d{{3}}(?:{d}\d*)?",
    )
    return re.compile(rf"^-?(?:{'|'.join(forms)})[kmbt%]?$", re.MULTILINE | re.IGNORECASE)


_PROOFS = {".": _proof(".", ","), ",": _proof(",", ".")}
_UNSURE = {mark: re.compile(rf"^-?\d{{1,3}}{re.escape(mark)}\d{{3}}[kmbt%]?$", re.M | re.I) for mark in ".,"}
# Another character, a second comma in a cell, none or three digits behind one: where none of these is found, each comma
# is the decimal mark of its cell, and proves it.
_ODD_COMMAS = re.compile(r"[^0-9,\n]|,[0-9]*,|,(?:[0-9]{3})?$", re.MULTILINE)
_FLOATS = msgspec.json.Decoder(list[float])
NEGLIGIBLE = 0.01  # share of cells against the others that is dirt and not a doubt


class _Seen(NamedTuple):
    cells: int
    sample: str
    column: str


class Marks:
    """Evidence about the decimal mark in the cells of a file."""

    def __init__(self) -> None:
        self._proofs: dict[str, _Seen] = {}
        self._unsure: dict[str, _Seen] = {}

    def feed(self, column: str, cells: Sequence[str], odd: bool = True) -> None:
        """Look at some cells of a column of numbers; not `odd` where no cell holds a comma."""
        known = "." in self._proofs and "," not in self._proofs
        if known and not odd:
            return
        text = "\n".join(cells)
        comma = "," in text
        if not comma and (known or "." not in text):
            return  # nothing that could contradict what is known
        clean = text.translate(_CLEAN)
        commas = comma and _ODD_COMMAS.search(clean) is None
        for mark in "," if commas else ".,":
            first = _PROOFS[mark].search(clean)
            if first is not None:
                exact = comma or "," in self._proofs
                count = clean.count(",") if commas else len(_PROOFS[mark].findall(clean)) if exact else len(cells)
                _add(self._proofs, mark, count, first[0], column)
            elif (unsure := _UNSURE[mark].search(clean)) is not None:
                _add(self._unsure, mark, 1, unsure[0], column)

    def decide(self, name: str, given: str | None, semicolons: bool) -> str:
        """Decide the decimal mark of a file; cells between semicolons are likely from a country with commas.

        Raises:
            DataError: the cells can be read both ways, or contradict each other.
        """
        if given is not None:
            return given
        point, comma = self._proofs.get("."), self._proofs.get(",")
        if point and comma:
            few, many = sorted((point, comma), key=lambda seen: seen.cells)
            if few.cells > NEGLIGIBLE * many.cells:
                raise DataError(
                    f"{name}: some numbers have a decimal point ({point.sample} in {point.column!r}) and others a "
                    f"decimal comma ({comma.sample} in {comma.column!r})",
                    "Give --decimal . or --decimal , (what does not fit is counted as unreadable)",
                )
            return "." if many is point else ","
        if point or comma:
            return "." if point else ","
        unsure = self._unsure.get(",") or (self._unsure.get(".") if semicolons else None)
        if unsure is not None:
            readings = {mark: parse_number(unsure.sample, mark, True) for mark in ".,"}
            raise DataError(
                f"{name}: {unsure.sample} in column {unsure.column!r} is {readings['.']:.15g} with a decimal point "
                f"and {readings[',']:.15g} with a decimal comma, and no other cell decides",
                "Give --decimal . or --decimal ,",
            )
        return "."


def _add(found: dict[str, _Seen], mark: str, count: int, sample: str, column: str) -> None:
    before = found.get(mark)
    found[mark] = _Seen(count, sample, column) if before is None else before._replace(cells=before.cells + count)


def parse_number(cell: str, decimal: str = ".", scales: bool = False) -> float:
    """Parse a number with this decimal mark; NaN for what is none.

    Currency signs, groups and parentheses for minus are allowed. `scales` allows K, M, B and T for thousands, millions,
    billions and trillions (1e12), as vendors write volumes.
    """
    text = _SIGNS.sub("", cell.strip().replace("−", "-")) if not cell.isascii() or "$" in cell else cell.strip()
    sign = 1.0
    if text[:1] == "(" and text[-1:] == ")":
        text, sign = text[1:-1], -1.0
    if text[-1:].isalpha() and " " in text:
        text = _SIGNS.sub("", text)
    power = _SCALES.get(text[-1:].lower(), 0) if scales else 0
    if power:
        text = text[:-1].rstrip()
    if (match := _READINGS[decimal].fullmatch(text)) is None:
        return _word(text)
    minus, whole, fraction, exponent = match.groups()
    digits = re.sub(r"\D", "", whole)
    if not digits and not fraction:
        return math.nan
    power += int(exponent[1:]) if exponent else 0
    return sign * float(f"{minus}{digits or 0}.{fraction or 0}e{power}")


def _word(text: str) -> float:
    return (
        math.inf if text.lower() in {"inf", "infinity", "+inf"} else -math.inf if text.lower() == "-inf" else math.nan
    )


def numbers(
    cells: Sequence[str], decimal: str, scales: bool, odd: bool = True
) -> tuple[NDArray[np.float64], list[int]]:
    """Return (values with NaN for none, rows neither numbers nor blank); not `odd` where no cell holds `_`."""
    if (quick := _written_as_json(cells, decimal)) is not None:
        return quick, []
    if decimal == ".":
        try:
            values = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            pass
        else:
            if not odd or "_" not in "".join(cells):  # Python reads 1_000
                return values, []
    values = np.array([_number(cell, decimal, scales) for cell in cells], dtype=np.float64)
    missing = np.flatnonzero(np.isnan(values)).tolist()
    return values, [row for row in missing if cells[row].strip().lower() not in BLANK]


def _written_as_json(cells: Sequence[str], decimal: str) -> NDArray[np.float64] | None:
    """Return the values if JSON would write the numbers so; None if a cell is blank, signed with + or grouped."""
    text = "\n".join(cells)
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    if "-0" in text:  # the integer -0 would lose its sign
        return None
    try:
        values = _FLOATS.decode(f"[{text.replace(chr(10), ',')}]")
    except msgspec.DecodeError:
        return None
    return np.array(values, np.float64) if len(values) == len(cells) else None


def _number(cell: str, decimal: str, scales: bool) -> float:
    if decimal == "." and "_" not in cell:
        try:
            return float(cell)
        except ValueError:
            pass
    return parse_number(cell, decimal, scales)
