"""Parquet, by the types of its columns."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.layouts.layout import Layout
from tests.support.layouts.rows import (
    DAYS,
    EPOCH_MS,
    MOMENTS,
)


def parquet(**columns: Any) -> Callable[[Path], None]:
    """A Parquet file; a column is (type, values) or values."""

    def write(path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        arrow: Any = pa
        made = {
            name.replace("__", " "): arrow.array(given[1], _type(given[0])) if isinstance(given, tuple) else given
            for name, given in columns.items()
        }
        pq.write_table(arrow.table(made), path)

    return write


def _type(text: str) -> Any:
    import pyarrow as pa

    arrow: Any = pa
    if text.startswith("timestamp"):
        unit, _, zone = text.removeprefix("timestamp:").partition(":")
        return arrow.timestamp(unit, zone or None)
    if text.startswith("decimal"):
        return arrow.decimal128(18, 2)
    if text == "dictionary":
        return arrow.dictionary(arrow.int32(), arrow.string())
    return getattr(arrow, text)()


NUMBERS: dict[str, list[float]] = {
    "open": [41.15, 41.6, 41.8],
    "high": [41.9, 42.05, 42.4],
    "low": [40.85, 41.3, 41.7],
    "close": [41.6, 41.75, 42.35],
    "volume": [1200, 900, 1500],
}


def decimals(values: list[float]) -> Any:
    return "decimal", [Decimal(f"{value:.2f}") for value in values]


LAYOUTS: list[Layout] = [
    Layout(
        "Parquet, timestamp s",
        "ABC.parquet",
        parquet(Date=("timestamp:s", [m.replace(tzinfo=None) for m in MOMENTS]), **NUMBERS),
    ),
    Layout("Parquet, timestamp ms UTC", "ABC.parquet", parquet(Date=("timestamp:ms:UTC", MOMENTS), **NUMBERS)),
    Layout(
        "Parquet, timestamp µs",
        "ABC.parquet",
        parquet(Date=("timestamp:us", [m.replace(tzinfo=None) for m in MOMENTS]), **NUMBERS),
    ),
    Layout(
        "Parquet, timestamp ns of New York's midnights",
        "ABC.parquet",
        parquet(Date=("timestamp:ns:America/New_York", [m.replace(hour=5) for m in MOMENTS]), **NUMBERS),
    ),
    Layout("Parquet, date32", "ABC.pq", parquet(Date=("date32", [m.date() for m in MOMENTS]), **NUMBERS)),
    Layout(
        "Parquet, epoch s in 32 bits",
        "ABC.parquet",
        parquet(time=("int32", [ms // 1_000 for ms in EPOCH_MS]), **NUMBERS),
    ),
    Layout("Parquet, epoch ns", "ABC.parquet", parquet(t=("int64", [ms * 1_000_000 for ms in EPOCH_MS]), **NUMBERS)),
    Layout(
        "Parquet, dates as digits", "ABC.parquet", parquet(Date=("int64", [20240304, 20240305, 20240306]), **NUMBERS)
    ),
    Layout(
        "Parquet, text",
        "ABC.parquet",
        parquet(Date=list(DAYS), **{name: [str(value) for value in values] for name, values in NUMBERS.items()}),
    ),
    Layout(
        "Parquet, decimal128",
        "ABC.parquet",
        parquet(
            Date=list(DAYS),
            **{
                name: decimals([179.70, 180.0, 179.7] if name != "volume" else values)
                for name, values in NUMBERS.items()
            },
        ),
        first=("2024-03-04", 179.7, 179.7, 179.7, 179.7, 1200.0),
        last=("2024-03-06", 179.7, 179.7, 179.7, 179.7, 1500.0),
    ),
    Layout(
        "Parquet, dictionary of symbols",
        "all.parquet",
        parquet(Date=list(DAYS), ticker=("dictionary", ["ABC"] * 3), **NUMBERS),
    ),
    Layout(
        "Parquet, float32",
        "ABC.parquet",
        parquet(
            Date=list(DAYS),
            **{name: ("float32", [1.5, 1.5, 1.5] if name != "volume" else values) for name, values in NUMBERS.items()},
        ),
        first=("2024-03-04", 1.5, 1.5, 1.5, 1.5, 1200.0),
        last=("2024-03-06", 1.5, 1.5, 1.5, 1.5, 1500.0),
    ),
    Layout(
        "Parquet of yfinance, columns of two levels",
        "ABC.parquet",
        parquet(Date=list(DAYS), **{f"('{name.title()}', 'ABC')": values for name, values in NUMBERS.items()}),
    ),
    Layout("Parquet under another name", "ABC.data", parquet(Date=list(DAYS), **NUMBERS)),
]
