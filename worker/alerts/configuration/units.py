"""Durations and shares as they are written in the file."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_MEANT = {
    "ms": ("msec", "millis"),
    "s": ("sec", "secs", "second", "seconds"),
    "m": ("min", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "d": ("day", "days"),
}
_DURATION = re.compile(r"(\d+)\s*([A-Za-z]*)")
LONGEST = 366 * 86_400_000


def duration(text: Any) -> int:
    """Return the milliseconds of a text such as `90s`, `10m`, `4h` or `7d`.

    Raises:
        ValueError: it is none; the message says what to write.
    """
    if isinstance(text, str) and (found := _DURATION.fullmatch(text.strip())):
        number, unit = found.groups()
        if unit in _UNITS:
            if (ms := int(number) * _UNITS[unit]) <= LONGEST:
                return ms
            raise ValueError(f"{text!r} is longer than a year")
        meant = next((one for one, names in _MEANT.items() if unit.lower() in (one, *names)), None)
        hint = f"did you mean {number}{meant}?" if meant else "the units are ms, s, m, h and d"
        raise ValueError(f"{text!r} has no unit" if not unit else f"{unit!r} is no unit of time; {hint}")
    raise ValueError(f"{str(text)[:40]!r} is no duration: write for example 90s, 10m or 4h")


def number(given: Any) -> float:
    """Return a number, or the fraction of a text such as `5%`.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(given, bool):
        raise ValueError("a number is wanted, not true or false")
    if isinstance(given, str) and given.strip().endswith("%"):
        return _finite(given.strip()[:-1]) / 100.0
    return _finite(given)


def _finite(given: Any) -> float:
    try:
        found = float(given)
    except (TypeError, ValueError):
        raise ValueError(f"{str(given)[:40]!r} is no number: write for example 0.05 or 5%") from None
    if not abs(found) < float("inf"):
        raise ValueError("the number must be finite")
    return found


Duration = Annotated[int, BeforeValidator(duration)]
Number = Annotated[float, BeforeValidator(number)]
