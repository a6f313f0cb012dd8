"""Parquet files arrive whatever type their times have."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sources.shared import bars_of
from worker.errors import ConfigError, DataError
from worker.sources.record import Bar
from worker.sources.report import ReadReport
from worker.sources.source import open_file

pa = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
pq = pytest.importorskip("pyarrow.parquet")

DAYS = [dt.datetime(2024, 1, 2, tzinfo=dt.UTC), dt.datetime(2024, 1, 3, tzinfo=dt.UTC)]
MS = [1_704_153_600_000, 1_704_240_000_000]
NUMBERS = {"Open": [1.0, None], "High": [2.0, 2.0], "Low": [0.5, 1.0], "Close": [1.5, 2.0], "Volume": [10, 20]}


def write(path: Path, columns: Mapping[str, Any]) -> Path:
    pq.write_table(pa.table(dict(columns)), path)
    return path


def read(path: Path, report: ReadReport | None = None) -> list[Bar]:
    return bars_of(open_file(path, "ABC", report or ReadReport()))


@pytest.mark.parametrize(
    "times",
    [
        pa.array(DAYS, pa.timestamp("ns", tz="UTC")),
        pa.array(DAYS, pa.timestamp("us", tz="Asia/Tokyo")),
        pa.array([day.replace(tzinfo=None) for day in DAYS], pa.timestamp("s")),
        pa.array([day.date() for day in DAYS], pa.date32()),
        pa.array([day.date() for day in DAYS], pa.date64()),
        pa.array([float(ms) for ms in MS]),
        pa.array([int(day.strftime("%Y%m%d")) for day in DAYS]),
        pa.array(MS, pa.int64()),
        pa.array([ms // 1_000 for ms in MS], pa.int32()),
        pa.array([ms * 1_000_000 for ms in MS], pa.int64()),
        pa.array([day.isoformat() for day in DAYS]),
    ],
    ids=lambda times: f"{times.type} {times[0]}",
)
def test_types_of_time(tmp_path: Path, times: Any) -> None:
    first, second = read(write(tmp_path / "abc.parquet", {"Date": times} | NUMBERS))
    assert first == Bar("ABC", MS[0], 1.0, 2.0, 0.5, 1.5, 10.0)
    assert second.ts == MS[1]
    assert math.isnan(second.open)


def test_symbols_text_numbers_and_bad_times(tmp_path: Path) -> None:
    columns = {"time": ["2024-01-02", "soon", None], "symbol": ["A", "B", "C"], "ingest_ts": [MS[1]] * 3}
    numbers = {name: ["1.5", "x", None] for name in ("o", "h", "l", "c", "v")}
    report = ReadReport()
    known, timeless = read(write(tmp_path / "x.parquet", columns | numbers), report)
    assert known == Bar("A", MS[0], 1.5, 1.5, 1.5, 1.5, 1.5, MS[1])
    assert (timeless.symbol, timeless.ts) == ("C", None)
    assert report.rows == 3
    assert report.rejected == {"the time cannot be read": 1}


def test_many_batches_keep_their_order(tmp_path: Path) -> None:
    count = 40_000
    ones = [1.0] * count
    columns = {"ts": [MS[0] + 60_000 * i for i in range(count)], "o": ones, "h": ones, "l": ones, "c": ones, "v": ones}
    assert [bar.ts for bar in read(write(tmp_path / "x.parquet", columns))] == columns["ts"]


def test_what_is_no_parquet_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "abc.parquet"
    file.write_bytes(b"no parquet")
    with pytest.raises(DataError, match="cannot be read"):
        read(file)
    with pytest.raises(DataError, match="no column for ts"):
        read(write(file, NUMBERS))


def test_without_pyarrow_the_fix_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "abc.parquet", {"ts": MS} | NUMBERS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError) as caught:
        read(file)
    assert "pip install -e '.[parquet]'" in caught.value.fix
