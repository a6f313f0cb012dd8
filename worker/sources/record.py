"""A bar as a source reads it, and a record as Kafka takes it: its value, and what its key may be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from schemas.tick import MAX_SYMBOL, Tick, encode_tick
from worker.errors import ConfigError

ALLOWED = f"1 to {MAX_SYMBOL} printable ASCII characters without spaces"
_SYMBOL = re.compile(rf"[!-~]{{1,{MAX_SYMBOL}}}")


class Bar(NamedTuple):
    """One row of a source. Times in epoch ms UTC; a number that the source lacks is NaN, a missing time None."""

    symbol: str
    ts: int | None
    open: float
    high: float
    low: float
    close: float
    volume: float
    ingest_ts: int | None = None  # when the bar became known; its close unless the source says otherwise
    extra: tuple[tuple[str, float], ...] = ()  # further columns by name


class Record(NamedTuple):
    """One record of `ticks.raw`: key = symbol, value = compact JSON of `schemas.Tick`, timestamp in epoch ms."""

    key: bytes
    value: bytes
    timestamp_ms: int


def encode_bar(bar: Bar, interval: str) -> bytes:
    """Encode a bar as JSON; NaN and infinities become null, a missing time is left out."""
    tick = Tick(bar.symbol, bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume, interval)
    return encode_tick(tick, dict(bar.extra))


def is_symbol(text: str) -> bool:
    """Return whether a record's key may be this."""
    return _SYMBOL.fullmatch(text) is not None


def check_symbol(text: str) -> None:
    """Refuse a text of the user that cannot be a symbol.

    Raises:
        ConfigError: it is not a symbol.
    """
    if not is_symbol(text):
        near = re.sub(r"[^!-~]", "_", text)[:MAX_SYMBOL] or "BTC/USD"
        raise ConfigError(f"--symbol {text!r} is no symbol", f"Give {ALLOWED}, for example {near}")


def odd(names: Iterable[str]) -> list[str]:
    """Return notes on doubtful symbols: two that differ only by case, and those that no record may have."""
    notes, seen = [], dict[str, str]()
    for name in names:
        twin = seen.setdefault(name.casefold(), name)
        if twin != name:
            notes.append(f"{twin!r} and {name!r} are two symbols: they differ by case only")
            break
    wrong = [name for name in names if name and not is_symbol(name)]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        notes.append(f"{wrong[0]!r}{more} cannot be symbols, which are {ALLOWED}: the worker rejects their bars")
    return notes
