"""What one entry of the corpus is, and the symbol that all entries are about."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from schemas.tick import MAX_TS, MIN_TS
from worker.engine.records.records import Records

SYMBOL = "CORPUS"
KEY = SYMBOL.encode()
MINUTE = 60_000
START = 1_700_000_040_000  # open of the first bar of HISTORY, on the minute
BARS = 30  # in HISTORY: enough for the robust scale of validation
TS = START + BARS * MINUTE  # open of the bar that every entry writes unless it is about time
CLOSED = TS + MINUTE  # timestamp of its record


class Case(NamedTuple):
    """One input record and what must become of it: the first code of its rejection, None for a decision.

    `expected_code` holds for a symbol without history, `known_code` right after HISTORY.
    """

    name: str
    key: bytes | None
    value: bytes | None
    timestamp: int
    expected_code: str | None
    known_code: str | None


def fields(**changes: Any) -> dict[str, Any]:
    """The fields of a valid bar with `changes`; a field set to Ellipsis is left out."""
    bar = {"symbol": SYMBOL, "ts": TS, "open": 100.0, "high": 100.1, "low": 99.9, "close": 100.02, "volume": 1000.0}
    return {name: value for name, value in (bar | changes).items() if value is not ...}


def text(**changes: Any) -> bytes:
    """A bar as JSON; NaN and infinities as the literals that Python writes."""
    return json.dumps(fields(**changes), separators=(",", ":")).encode()


def literal(name: str, written: bytes) -> bytes:
    """A bar as JSON with `written` as the text of field `name`."""
    return text(**{name: "@"}).replace(b'"@"', written)


def made(
    name: str,
    value: bytes | None,
    code: str | None,
    known: str | None = "as fresh",
    *,
    key: bytes | None = KEY,
    timestamp: int = CLOSED,
) -> Case:
    """A case; `known` only where history changes what becomes of it."""
    return Case(name, key, value, timestamp, code, code if known == "as fresh" else known)


def history(symbol: str = SYMBOL, bars: int = BARS) -> Records:
    """Valid bars of a symbol up to TS: a quiet market around 100."""
    values, times = [], []
    close = 100.0
    for i in range(bars):
        before, close = close, 100.0 + ((i * 7) % 5 - 2) / 50
        ts = TS - (bars - i) * MINUTE
        prices = {"open": before, "high": max(before, close) + 0.02, "low": min(before, close) - 0.02, "close": close}
        values.append(text(symbol=symbol, ts=ts, volume=1000.0 + i, **prices))
        times.append(ts + MINUTE)
    return Records([symbol.encode()] * bars, values, times)


__all__ = ["BARS", "CLOSED", "KEY", "MAX_TS", "MINUTE", "MIN_TS", "START", "SYMBOL", "TS", "Case", "history"]
