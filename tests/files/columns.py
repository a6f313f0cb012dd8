"""Dirty rows as a Parquet file, with columns of many types."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from tests.files.market import PRICES, Row
from tests.files.spelling import HEADERS, TIMES

ARROW: Any = pyarrow
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PACKED = ("snappy", "zstd", "gzip", "none")
UNITS = {"s": 1_000, "ms": 1, "us": 1, "ns": 1}


def write(rng: random.Random, rows: list[Row], folder: Path, stem: str, traits: list[str]) -> Path:
    """Write the rows with types drawn for each column; `traits` gets their names."""
    names = list(rng.choice(HEADERS[:4] if rng.random() < 0.7 else HEADERS))
    columns: dict[str, Any] = {rng.choice(("timestamp", "Date", "time", "ts")): _times(rng, rows, "ts", traits)}
    floating = _number_kind(rng, rows, traits)
    for name, field in zip(names, (*PRICES, "volume"), strict=True):
        kind = floating if rng.random() < 0.8 else _number_kind(rng, rows, traits)
        columns[name] = _numbers(rng, [row[field] for row in rows], kind)
    if any("symbol" in row for row in rows):
        symbols = ARROW.array([row.get("symbol") for row in rows], rng.choice((ARROW.string(), ARROW.large_string())))
        columns["symbol"] = symbols.dictionary_encode() if rng.random() < 0.5 else symbols
    if any("ingest_ts" in row for row in rows):
        columns["ingest_ts"] = _times(rng, rows, "ingest_ts", traits)
    if rng.random() < 0.1:
        traits.append("index column")
        columns["__index_level_0__"] = ARROW.array(range(len(rows)))
    path = folder / f"{stem}{rng.choice(('.parquet', '.parquet', '.pq'))}"
    size = rng.choice((7, 64, 1_000_000))
    ARROW.parquet.write_table(ARROW.table(columns), path, compression=rng.choice(PACKED), row_group_size=size)
    return path


def _number_kind(rng: random.Random, rows: list[Row], traits: list[str]) -> str:
    kind = rng.choice(("float64",) * 6 + ("float32", "decimal", "int64", "text"))
    if kind != "float64":
        traits.append(f"numbers as {kind}")
    return kind


def _numbers(rng: random.Random, values: list[float | None], kind: str) -> Any:
    if kind == "float32":
        return ARROW.array(values, ARROW.float32())
    if kind == "text":
        return ARROW.array([None if value is None else repr(value) for value in values], ARROW.string())
    finite = [None if value is None or abs(value) == float("inf") or value != value else value for value in values]
    if kind == "decimal":
        exact = [None if value is None else Decimal(f"{value:.6f}") for value in finite]
        return ARROW.array(exact, ARROW.decimal128(30, 6))
    if kind == "int64":
        return ARROW.array([None if value is None else int(value) for value in finite], ARROW.int64())
    return ARROW.array(values, ARROW.float64())


def _times(rng: random.Random, rows: list[Row], field: str, traits: list[str]) -> Any:
    values = [row.get(field) for row in rows]
    kind = rng.choice(("timestamp",) * 5 + ("epoch", "epoch", "date", "text", "text", "float"))
    if kind != "timestamp" or field != "ts":
        traits.append(f"{field} as {kind}")
    if kind == "timestamp":
        unit, zone = rng.choice(list(UNITS)), rng.choice((None, None, "UTC", "America/New_York", "+02:00"))
        made = [None if ms is None else EPOCH + timedelta(milliseconds=ms) for ms in values]
        return ARROW.array(made, ARROW.timestamp("us", "UTC")).cast(ARROW.timestamp(unit, zone), safe=False)
    if kind == "date":
        days = [None if ms is None else date(1970, 1, 1) + timedelta(ms // 86_400_000) for ms in values]
        return ARROW.array(days, rng.choice((ARROW.date32(), ARROW.date64())))
    if kind == "epoch":
        scale = rng.choice((1_000, 1, -1_000, -1_000_000))
        return ARROW.array([None if ms is None else ms // scale if scale > 0 else ms * -scale for ms in values])
    if kind == "float":
        return ARROW.array([None if ms is None else ms / 1_000 for ms in values], ARROW.float64())
    times = rng.choice([times for times in TIMES if len(times.names) == 1])
    texts = [None if ms is None else times.cells(ms)[0] for ms in values]
    for _ in range(rng.choice((0, 0, 2))):
        texts[rng.randrange(len(texts))] = rng.choice(("soon", "", "2024-13-45", "NaT"))
    return ARROW.array(texts, ARROW.string())
