"""`ticks.raw`: one OHLCV bar."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

# Years 1 to 9999, so that every accepted time has an ISO form and fits int64 arithmetic.
MIN_TS, MAX_TS = -62_135_596_800_000, 253_402_300_799_999
MAX_SYMBOL = 64
END = r"$(?!\n)"  # in Python `$` alone also matches before a line break at the end

Timestamp = Annotated[int, Meta(ge=MIN_TS, le=MAX_TS, description="bar open, epoch ms UTC")]
Symbol = Annotated[
    str,
    Meta(min_length=1, max_length=MAX_SYMBOL, pattern=r"^[!-~]+" + END, description="printable ASCII without spaces"),
]
Interval = Annotated[
    str, Meta(pattern=r"^[1-9][0-9]{0,5}(ms|s|m|h|d|w)" + END, description="bar length; the configured one when absent")
]


class Tick(msgspec.Struct, omit_defaults=True, gc=False):
    """One OHLCV bar. Prices in quote currency, volume in base units. Unknown fields are ignored."""

    symbol: Symbol | None = None
    ts: Timestamp | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    volume: float | None = None
    interval: Interval | None = None


REQUIRED = ("symbol", "ts", "open", "high", "low", "close", "volume")

_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def interval_ms(text: str) -> int:
    """Length in ms of an interval such as `1m`, `4h` or `1d`.

    Raises:
        ValueError: the text is no interval.
    """
    digits = text.rstrip("msdhw")
    unit = text[len(digits) :]
    if not digits.isdecimal() or not digits.isascii() or unit not in _UNIT_MS or int(digits) < 1:
        raise ValueError(f"{text!r} is no interval: write a number and one of {', '.join(_UNIT_MS)}, for example 5m")
    return int(digits) * _UNIT_MS[unit]
