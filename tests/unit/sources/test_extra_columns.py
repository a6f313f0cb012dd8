"""Further columns of files: found by header, by the user's word or by number, and read as the bars' own numbers are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from worker.errors import ConfigError, DataError
from worker.sources.bar_columns import Bars, columns_of
from worker.sources.options import ReadOptions
from worker.sources.report import ReadReport
from worker.sources.source import open_files, read_records

ARROW: Any = pyarrow
HEADER = "Date;Open;High;Low;Close;Volume;Btc Close;note"


def lines(values: list[str], separator: str = ";") -> list[str]:
    """Days whose extra column has these cells."""
    return [
        separator.join([f"2024-01-{day:02d}", "1,5", "2,5", "0,5", "1,5", str(1_000 + day), value, "x"])
        for day, value in enumerate(values, 1)
    ]


def written(folder: Path, rows: list[str], header: str | None = HEADER) -> Path:
    file = folder / "a.csv"
    file.write_text("\n".join([header, *rows] if header else rows) + "\n")
    return file


def read(file: Path, **options: Any) -> tuple[list[Any], ReadReport]:
    report = ReadReport()
    [source] = open_files([file], None, report, ReadOptions(interval="1d", **options))
    return [json.loads(record.value).get("btc_close", "absent") for record in read_records(source)], report


CELLS = ["36.480,25", "36.481", "", "n/a", "-1,5e3", "?"]
VALUES = [36480.25, 36481.0, None, None, -1500.0, None]


def test_a_column_is_found_and_read_as_prices_are(tmp_path: Path) -> None:
    values, report = read(written(tmp_path, lines(CELLS)), optional=("btc_close", "funding"))
    assert values == VALUES
    assert report.unreadable == {"Btc Close": 1}
    assert report.incomplete == 0
    assert "a.csv: it has no column funding: a strategy reads NaN there" in report.told()
    assert report.layouts[0].columns["btc_close"] == "Btc Close"


def test_columns_and_records_say_the_same(tmp_path: Path) -> None:
    file = written(tmp_path, lines(CELLS)[::-1])
    [source] = open_files([file], None, ReadReport(), ReadOptions(interval="1d", extra=("btc_close",)))
    [bars] = columns_of(source)
    assert isinstance(bars, Bars)
    found = np.array([np.nan if value is None else value for value in VALUES])
    assert np.array_equal(bars.extra["btc_close"], found, equal_nan=True)


def test_the_user_names_it(tmp_path: Path) -> None:
    file = written(tmp_path, lines(CELLS), HEADER.replace("Btc Close", "BTCUSDT"))
    assert read(file, extra=("btc_close",), columns={"btc_close": "BTCUSDT"})[0] == VALUES
    assert read(file, optional=("btc_close",), columns={"btc_close": "7"})[0] == VALUES
    with pytest.raises(DataError, match="no column 'btc_close' for btc_close; seen: Date, Open") as found:
        read(file, extra=("btc_close",))
    assert "--column btc_close=" in found.value.fix


def test_without_a_header_it_has_a_number(tmp_path: Path) -> None:
    rows = [line.replace(",", ".") for line in lines(["36480.25", "36481", "", "36482", "36483", "36484"])]
    file = written(tmp_path, rows, None)
    columns = {field: str(at) for at, field in enumerate(("ts", "open", "high", "low", "close", "volume"), 1)}
    values, _ = read(file, extra=("btc_close",), columns=columns | {"btc_close": "7"})
    assert values == [36480.25, 36481.0, None, 36482.0, 36483.0, 36484.0]
    assert read(file, optional=("btc_close",), columns=columns)[0] == ["absent"] * 6


def test_a_parquet_column(tmp_path: Path) -> None:
    table = {
        "ts": [1_704_153_600_000 + day * 86_400_000 for day in range(4)],
        **{name: [1.5] * 4 for name in ("open", "high", "low", "close")},
        "volume": [10.0] * 4,
        "btc_close": [1.25, float("nan"), float("inf"), None],
    }
    file = tmp_path / "a.parquet"
    ARROW.parquet.write_table(ARROW.table(table), file)
    assert read(file, extra=("btc_close",))[0] == [1.25, None, None, None]


@pytest.mark.parametrize("name", ["close", "b c", "class"])
def test_names_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="--extra: "):
        ReadOptions(extra=(name,))
    with pytest.raises(ConfigError, match="names no field"):
        ReadOptions(extra=("fine",), columns={"other": "x"})
