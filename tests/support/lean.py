"""Reads the real market data beside the repository: LEAN zips and the quotes csv files."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from worker.engine.bar import BAR
from worker.engine.reasons import Reject, bits

Array = np.ndarray[Any, np.dtype[Any]]

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PRICE_SCALE = 10_000.0  # LEAN writes equity prices as integers of 1/10 000
DATE_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y")


def folder() -> Path:
    """Where the data would be: `ALPHAPULSE_SHARED`, else `shared` beside the repository."""
    return Path(os.environ.get("ALPHAPULSE_SHARED") or Path(__file__).parents[2].parent / "shared")


def shared() -> Path:
    """The folder with the data. Skips the test where it is absent."""
    root = folder()
    if not (root / "data").is_dir():
        pytest.skip(f"no market data at {root / 'data'} (set ALPHAPULSE_SHARED)")
    return root


def epoch_ms(text: str) -> int:
    """Epoch ms of a date or time as the quotes and the names of files write it, read as UTC."""
    for form in DATE_FORMATS:
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()) * 1000
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a date in a known form")


def day(ts: int) -> str:
    """`ts` as YYYY-MM-DD."""
    return datetime.fromtimestamp(int(ts) / 1000, UTC).strftime("%Y-%m-%d")


def bars(ts: Array, values: Array, interval_ms: int) -> Array:
    """BAR rows from times and an (n, 5) array of OHLCV; the record's time is the bar's close."""
    rows = np.zeros(len(ts), BAR)
    rows["ts"] = ts
    rows["interval_ms"] = interval_ms
    rows["ingest_ts"] = rows["ts"] + interval_ms
    for column, name in enumerate(("open", "high", "low", "close", "volume")):
        rows[name] = values[:, column]
    return rows


def _zipped(path: Path) -> list[list[str]]:
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        return list(csv.reader(io.TextIOWrapper(file, "utf-8")))


def _members(path: Path) -> list[list[list[str]]]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        return [list(csv.reader(io.TextIOWrapper(archive.open(name), "utf-8"))) for name in names]


def _stamps(rows: list[list[str]]) -> Array:
    """Epoch ms of LEAN's times, `20240131 16:00`, read as UTC."""
    texts = [row[0] for row in rows]
    assert all(len(text) == 14 for text in texts)
    iso = [f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[9:]}" for text in texts]
    return np.array(iso, "datetime64[ms]").astype(np.int64)


def _times(path: Path, rows: list[list[str]]) -> Array:
    # Minute files are named for their day and count milliseconds from its midnight.
    date = path.name[:8]
    if not date.isdigit():
        return _stamps(rows)
    start = epoch_ms(f"{date[:4]}-{date[4:6]}-{date[6:]}")
    return start + np.array([int(row[0]) for row in rows])


def traded(path: Path, interval_ms: int) -> Array:
    """Trade bars of one zip with plain prices."""
    rows = _zipped(path)
    return bars(_times(path, rows), _numbers(rows, 1.0), interval_ms)


def busiest(path: Path) -> Array:
    """Minute trade bars of that contract of a day's zip which has most of them, plain prices."""
    rows = max(_members(path), key=len)
    return bars(_times(path, rows), _numbers(rows, 1.0), MINUTE)


def quoted(path: Path, interval_ms: int) -> Array:
    """Bars midway between bid and ask of one zip of quotes; no volume. Bars without both sides are left out."""
    rows = [row for row in _zipped(path) if all(row[1:5]) and all(row[6:10])]
    bid, ask = (np.array([row[at : at + 4] for row in rows], np.float64) for at in (1, 6))
    return bars(_times(path, rows), np.column_stack([(bid + ask) / 2.0, np.zeros(len(rows))]), interval_ms)


def _numbers(rows: list[list[str]], scale: float) -> Array:
    values = np.array([row[1:6] for row in rows], dtype=np.float64)
    values[:, :4] /= scale
    return values


def equity(symbol: str, resolution: str = "daily") -> Array:
    """Raw bars of a US equity, `resolution` daily or hour."""
    return _equity(shared() / f"data/lean/equity/usa/{resolution}/{symbol}.zip", resolution).copy()


@cache
def _equity(path: Path, resolution: str) -> Array:
    rows = _zipped(path)
    return bars(_stamps(rows), _numbers(rows, PRICE_SCALE), DAY if resolution == "daily" else HOUR)


def coinbase_daily() -> Array:
    """BTCUSD daily."""
    rows = _zipped(shared() / "data/lean/crypto/coinbase/daily/btcusd_trade.zip")
    return bars(_stamps(rows), _numbers(rows, 1.0), DAY)


def minutes(market: str, symbol: str) -> Array:
    """All minute bars there are of a symbol, `market` crypto/coinbase or equity/usa; times are read as UTC."""
    parts = []
    for path in sorted((shared() / f"data/lean/{market}/minute/{symbol}").glob("*_trade.zip")):
        rows, start = _zipped(path), epoch_ms(f"{path.name[:4]}-{path.name[4:6]}-{path.name[6:8]}")
        ts = start + np.array([int(row[0]) for row in rows])
        parts.append(bars(ts, _numbers(rows, PRICE_SCALE if market.startswith("equity") else 1.0), MINUTE))
    return np.concatenate(parts)


def quotes(name: str, interval_ms: int = DAY) -> Array:
    """One of the quotes files; an empty or unreadable number is NaN, a row without a date is a missing_field."""
    with (shared() / f"data/quotes/{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    ts = np.array([epoch_ms(row[0]) if row[0] else 0 for row in rows])
    result = bars(ts, np.array([[_number(cell) for cell in row[1:6]] for row in rows]), interval_ms)
    result["mask"] = [0 if row[0] else bits(Reject.missing_field) for row in rows]
    return result


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
