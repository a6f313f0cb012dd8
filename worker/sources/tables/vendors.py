"""What a file's name or its header tells beyond the cells: some vendors' files leave something unsaid.

Binance: https://github.com/binance/binance-public-data · HistData: https://www.histdata.com/f-a-q/data-files-detailed-specification/
LEAN: https://www.lean.io/docs/v2/lean-engine/contributions/datasets/defining-data-models
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from worker.sources.tables.columns import Columns, plain
from worker.sources.times.dates import parse_date

_MIDNIGHT = re.compile(r"(\d{8})_(?:([a-z0-9.]+)_(?:minute|second)_)?trade\.(?:csv|zip)")
_BINANCE = re.compile(r"([A-Z0-9_]+)-(\d+(?:s|m|h|d|w))-\d{4}-\d{2}(?:-\d{2})?\.(?:zip|csv)(?:\.gz)?")
_HISTDATA = re.compile(r"DAT_(ASCII|MT|MS|XLSX?)_([A-Z]{6})_M1_\d{4,6}\.(?:csv|zip|txt)(?:\.gz)?", re.IGNORECASE)
_LEAN = re.compile(r"(equity|crypto|forex|cfd)/([^/]+)/(daily|hour|minute|second)/(?:([^/]+)/)?([^/]+)\.(?:zip|csv)$")
_LENGTHS = {"daily": "1d", "hour": "1h", "minute": "1m", "second": "1s"}
# open_time (ms, since 2025 in µs for spot), open, high, low, close, volume, close_time, quote volume, trades, ...
KLINE = Columns(ts=0, numbers=(1, 2, 3, 4, 5))
# Headers of American vendors whose dates are month first.
_MONTH_FIRST = (
    ("date", "closelast", "volume", "open", "high", "low"),  # Nasdaq
    ("time", "open", "high", "low", "last", "change", "chg", "volume"),  # Barchart
    ("time", "open", "high", "low", "latest", "change", "change", "volume"),
)


class Hint(NamedTuple):
    """What is known of a file beside its cells; None where nothing is."""

    vendor: str | None = None
    symbol: str | None = None
    interval: str | None = None
    timezone: str | None = None
    order: str | None = None
    columns: Columns | None = None  # of a file without header
    scale: float = 1.0  # of its prices
    midnight_ms: int | None = None  # the day, where the time column counts ms since midnight


def of_name(path: Path, member: str | None) -> Hint:
    """Return the hint of a file's name, and of the name of the file packed into it."""
    if match := _BINANCE.fullmatch(path.name):
        return Hint("Binance", match[1], match[2], columns=KLINE)
    if match := _HISTDATA.fullmatch(path.name):
        return Hint("HistData", match[2].upper(), "1m", "Etc/GMT+5")  # New York's winter time all year
    if match := _LEAN.search(path.as_posix()):
        return _lean(match, path, member)
    return Hint()


def _lean(match: re.Match[str], path: Path, member: str | None) -> Hint:
    market, length = match[1], match[3]
    symbol = (match[4] or match[5]).removesuffix("_trade").upper()
    day = _MIDNIGHT.fullmatch(path.name) or (_MIDNIGHT.fullmatch(member) if member else None)
    if (length in {"minute", "second"}) != (day is not None):
        return Hint()
    midnight = parse_date(day[1]) if day else None
    equity = market == "equity"
    zone = "America/New_York" if equity else None
    return Hint(
        "LEAN", symbol, _LENGTHS[length], zone, columns=KLINE, scale=1e-4 if equity else 1.0, midnight_ms=midnight
    )


def of_header(header: Sequence[str] | None) -> Hint:
    """Return the hint of the columns' names."""
    spelled = tuple(cell for cell in map(plain, header or ()) if cell)
    if any(spelled[: len(known)] == known for known in _MONTH_FIRST):
        return Hint("an American vendor", order="monthfirst")
    return Hint()
