"""Values of records of any form: what is missing or of another kind is None, never an error."""

from __future__ import annotations

import math
from typing import Any

import msgspec

Found = dict[str, Any]
# What a decoder raises for bytes that are no JSON of its kind.
WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError)
_decode = msgspec.json.Decoder(dict[str, Any]).decode
MOST = 2**63  # whole numbers beyond it are told as floats


def fields(value: bytes | None) -> Found:
    """Return a record's members; empty where it is no JSON object."""
    try:
        return _decode(value or b"")
    except WRONG:
        return {}


def at(found: Any, *path: str) -> Any:
    """Return a member at any depth; None where it is missing."""
    for name in path:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def number(found: Any, *path: str) -> float | None:
    """Return a finite number, else None."""
    value = at(found, *path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value if abs(value) < MOST else _float(value)
    return value if math.isfinite(value) else None


def _float(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def whole(found: Any, *path: str) -> int | None:
    """Return a whole number that fits 64 bits, else None."""
    value = number(found, *path)
    return value if isinstance(value, int) else None


def text(found: Any, *path: str) -> str | None:
    """Return a text, else None."""
    value = at(found, *path)
    return value if isinstance(value, str) else None


def texts(found: Any, *path: str) -> list[str]:
    """Return the texts of a list."""
    value = at(found, *path)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def brief(value: float) -> str:
    """Return a number with six significant digits; a whole one keeps all."""
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:g}"
