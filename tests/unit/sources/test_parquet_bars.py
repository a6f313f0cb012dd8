"""Columns hold what records hold: the same bars, order and timestamps, whatever is odd in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet
import pytest

from schemas.tick import Tick
from worker.sources import parquet_bars
from worker.sources.parquet_bars import Bars
from worker.sources.report import ReadReport
from worker.sources.source import open_file, read_records

ARROW: Any = pyarrow
START = 1_704_067_200_000
DAY = 86_400_000
ODD: dict[str, dict[str, tuple[int, Any]]] = {
    "complete": {},
    "not finite": {"close": (4, float("nan")), "volume": (9, float("inf")), "open": (0, None)},
    "no time": {"ts": (3, None), "low": (6, None)},
    "no symbol": {"symbol": (2, None)},
    "symbols that no tick may have": {"symbol": (5, "two words")},
    "far times": {"ts": (7, -(10**13))},
}


def written(path: Path, **changes: tuple[int, Any]) -> Path:
    """Two symbols in turns, of one the last bars only; `changes` are cells: column → (row, value)."""
    count = 24
    symbols = ["A", "B"] * 8 + ["A"] * 8
    columns: dict[str, list[Any]] = {"symbol": symbols, "ts": [START + row // 2 * DAY for row in range(count)]}
    for name, level in (("open", 10.0), ("high", 12.0), ("low", 9.0), ("close", 11.0), ("volume", 1e6)):
        columns[name] = [level + row / 7 for row in range(count)]
    columns["ingest_ts"] = [None if row % 3 else START + row * DAY + 5 for row in range(count)]
    for name, (row, value) in changes.items():
        columns[name][row] = value
    ARROW.parquet.write_table(ARROW.table(columns), path)
    return path


def flat(given: list[Any]) -> dict[bytes, list[tuple[Tick, int]]]:
    """Ticks and timestamps of each key, of records and columns alike."""
    found: dict[bytes, list[tuple[Tick, int]]] = {}
    for item in given:
        if isinstance(item, Bars):
            for ts, _, ingest, open_, high, low, close, volume, _ in item.rows.tolist():
                tick = Tick(item.key.decode(), ts, open_, high, low, close, volume, item.interval)
                found.setdefault(item.key, []).append((tick, ingest))
        else:
            tick = Tick(**msgspec.json.decode(item.value))
            found.setdefault(item.key, []).append((tick, item.timestamp_ms))
    return found


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("batch", [5, 65_536])
def test_columns_are_the_records(kind: str, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_bars, "_BATCH", batch)
    path = written(tmp_path / "bars.parquet", **ODD[kind])
    one, other = ReadReport(), ReadReport()
    columns = list(parquet_bars.read_bars(path, "X", None, one))
    records = list(read_records(open_file(path, None, other)))
    assert flat(columns) == flat(records)
    assert list(flat(columns)) == list(flat(records))
    assert (one.rows, one.incomplete, one.rejected) == (other.rows, other.incomplete, other.rejected)
    assert sum(len(item.rows) for item in columns if isinstance(item, Bars)) >= 20


@pytest.mark.parametrize(
    "type_", [ARROW.timestamp("ns"), ARROW.timestamp("us", tz="UTC"), ARROW.date32(), ARROW.int64(), ARROW.string()]
)
def test_times_of_any_type(type_: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "bars.parquet")
    table = ARROW.parquet.read_table(path)
    times = table.column("ts").cast(ARROW.timestamp("ms")).cast(type_)
    table = table.set_column(table.schema.get_field_index("ts"), "ts", times)
    ARROW.parquet.write_table(table, path)
    columns = parquet_bars.read_bars(path, "X", None, ReadReport())
    assert flat(list(columns)) == flat(list(read_records(open_file(path, None, ReadReport()))))
