"""Reads Binance kline archives: `BTCUSDT-1m-2024-01.zip`, twelve columns, mostly without header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from worker.sources.columns import Columns
from worker.sources.csv_file import read_csv
from worker.sources.record import Bar
from worker.sources.report import ReadReport

# open_time (ms, since 2025 in µs for spot), open, high, low, close, volume, close_time, quote volume, trades, ...
KLINE = Columns(ts=0, numbers=(1, 2, 3, 4, 5))
_NAME = re.compile(r"([A-Z0-9_]+)-(\d+(?:s|m|h|d|w))-\d{4}-\d{2}(?:-\d{2})?\.(?:zip|csv)(?:\.gz)?")


def kline_name(path: Path) -> tuple[str, str] | None:
    """Symbol and interval that the name of a kline file says; None for other files."""
    match = _NAME.fullmatch(path.name)
    return (match[1], match[2]) if match else None


def read_klines(path: Path, symbol: str, report: ReadReport) -> Iterator[Bar]:
    """Bars of a kline file in its order.

    Raises:
        DataError: the file cannot be read.
    """
    return read_csv(path, symbol, report, KLINE)
