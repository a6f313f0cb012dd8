"""`ticks.raw`: one OHLCV bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

# Years 1 to 9999, so that every accepted time has an ISO form and fits int64 arithmetic.
MIN_TS, MAX_TS = -62_135_596_800_000, 253_402_300_799_999
MAX_SYMBOL = 64
END = r"$(?!\n)"  # in Python `$` alone also matches before a trailing line break

Timestamp = Annotated[int, Meta(ge=MIN_TS, le=MAX_TS, description="bar open, epoch ms UTC")]
Symbol = Annotated[
    str,
    Meta(min_length=1, max_length=MAX_SYMBOL, pattern=r"^[!-~]+" + END, description="printable ASCII without spaces"),
]
Interval = Annotated[
    str,
    Meta(
        pattern=r"^([1-9][0-9]{0,5}(ms|s|m|h|d|w)|(1|2|3|4|6|12)mo|[124]q|1y)" + END,
        description="bar length; the configured one when absent. 1w, mo, q and 1y are of the calendar",
    ),
]


class Tick(msgspec.Struct, omit_defaults=True, gc=False):
    """One OHLCV bar. Prices in quote currency, volume in base units. Other fields are ignored, or extra columns."""

    symbol: Symbol | None = None
    ts: Timestamp | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    volume: float | None = None
    interval: Interval | None = None


_encode = msgspec.json.Encoder().encode


def encode_tick(tick: Tick, extra: Mapping[str, float] | None = None) -> bytes:
    """Return a tick as JSON, its `extra` columns after its own; NaN and infinities become null."""
    value = _encode(tick)
    return value[:-1] + b"," + _encode(dict(extra))[1:] if extra else value


REQUIRED = ("symbol", "ts", "open", "high", "low", "close", "volume")

_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}

# Nominal lengths of calendar intervals. No fixed interval has these: a week is 1 ms longer than seven days, a month is
# the mean of 400 years of the calendar.
WEEK_MS, MONTH_MS = 604_800_001, 2_629_746_000
CALENDAR_MS = {"1w": WEEK_MS}
CALENDAR_MS |= {f"{months}mo": months * MONTH_MS for months in (1, 2, 3, 4, 6, 12)}  # those that divide a year
CALENDAR_MS |= {f"{quarters}q": 3 * quarters * MONTH_MS for quarters in (1, 2, 4)}
CALENDAR_MS["1y"] = 12 * MONTH_MS


def interval_ms(text: str) -> int:
    """Return the length in ms of an interval such as `1m`, `4h` or `1d`; the nominal one of `1w`, `1mo` and `1q`.

    Raises:
        ValueError: the text is not an interval.
    """
    if text in CALENDAR_MS:
        return CALENDAR_MS[text]
    digits = text.rstrip("msdhw")
    unit = text[len(digits) :]
    if unit in _UNIT_MS and digits.isascii() and digits.isdecimal() and int(digits) >= 1:
        return int(digits) * _UNIT_MS[unit]
    if text.endswith(("mo", "q", "y")):
        raise ValueError(f"{text!r} is no interval: months must divide a year, for example 1mo, 1q or 1y")
    raise ValueError(
        f"{text!r} is no interval: write a number and one of {', '.join(_UNIT_MS)}, mo, q, y, for example 5m or 1mo"
    )


def interval_text(length_ms: int) -> str:
    """Return the shortest spelling of a positive length in ms, nominal or not."""
    for text, nominal in CALENDAR_MS.items():
        if length_ms == nominal:
            return text
    if length_ms == WEEK_MS - 1:
        return "7d"  # any seven days; `1w` is the calendar's week
    unit, size = next((unit, size) for unit, size in reversed(_UNIT_MS.items()) if length_ms % size == 0)
    return f"{length_ms // size}{unit}"
