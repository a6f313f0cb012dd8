"""Binance kline archives are read by their name and layout, in ms and µs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from worker.errors import DataError
from worker.sources.report import ReadReport
from worker.sources.source import open_file, read_records
from worker.sources.tables.vendors import of_name

OPEN_MS = 1_735_689_600_000  # 2025-01-01
HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


def kline(at: int, unit: int) -> str:
    start = (OPEN_MS + at * 60_000) * unit
    return (
        f"{start},93576.00,93610.93,93537.50,93610.93,8.21827,{start + 60_000 * unit - 1},768978.5,2631,3.95,369757.3,0"
    )


@pytest.mark.parametrize("unit", [1, 1_000], ids=["ms", "us"])
@pytest.mark.parametrize("header", ["", HEADER + "\n"], ids=["headerless", "header"])
@pytest.mark.parametrize("suffix", ["zip", "csv"])
def test_klines(tmp_path: Path, unit: int, header: str, suffix: str) -> None:
    text = header + "\n".join(kline(at, unit) for at in range(3))
    file = tmp_path / f"BTCUSDT-1m-2025-01.{suffix}"
    if suffix == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("BTCUSDT-1m-2025-01.csv", text)
    else:
        file.write_text(text)
    records = list(read_records(open_file(file, None, ReadReport())))
    assert [record.timestamp_ms for record in records] == [OPEN_MS + 60_000 * (at + 1) for at in range(3)]
    assert records[0].value == (
        b'{"symbol":"BTCUSDT","ts":1735689600000,"open":93576.0,"high":93610.93,"low":93537.5,"close":93610.93,'
        b'"volume":8.21827,"interval":"1m"}'
    )


def test_a_single_kline_needs_no_inferred_interval(tmp_path: Path) -> None:
    file = tmp_path / "ETHUSDT-4h-2024-01-05.csv"
    file.write_text(kline(0, 1))
    (record,) = read_records(open_file(file, "ETH", ReadReport()))
    assert (record.key, record.timestamp_ms) == (b"ETH", OPEN_MS + 4 * 3_600_000)


def test_klines_that_lack_columns_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "ETHUSDT-4h-2024-01-05.csv"
    file.write_text("1704412800000,1,2,0.5,1.5\n")
    with pytest.raises(DataError, match="neither a header nor"):
        open_file(file, None, ReadReport())


@pytest.mark.parametrize("name", ["BTCUSDT-1mo-2024-01.zip", "prices.csv", "BTCUSDT-1m.csv"])
def test_other_names_are_no_klines(name: str) -> None:
    assert of_name(Path(name), None).vendor is None
