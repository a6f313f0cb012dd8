"""CSV files arrive row for row, whole and dirty alike."""

from __future__ import annotations

import gzip
import math
import zipfile
from pathlib import Path

import pytest

from tests.unit.sources.shared import SHARED, bars_of, needs_shared
from worker.errors import DataError
from worker.sources.record import Bar
from worker.sources.report import ReadReport
from worker.sources.source import open_file, read_records

HEADER = "date,open,high,low,close,volume\n"
ROWS = "2024-01-02,1,2,0.5,1.5,10\n2024-01-03,1.5,2,1,2,20\n"
BARS = [
    Bar("ABC", 1_704_153_600_000, 1.0, 2.0, 0.5, 1.5, 10.0),
    Bar("ABC", 1_704_240_000_000, 1.5, 2.0, 1.0, 2.0, 20.0),
]


def read(path: Path, report: ReadReport | None = None) -> list[Bar]:
    return bars_of(open_file(path, "ABC", report or ReadReport()))


@pytest.mark.parametrize("text", [HEADER + ROWS, ROWS, "\ufeff" + HEADER + ROWS, (HEADER + ROWS).replace(",", ";")])
def test_header_byte_order_mark_and_delimiter(tmp_path: Path, text: str) -> None:
    file = tmp_path / "abc.csv"
    file.write_text(text, encoding="utf-8")
    assert read(file) == BARS


def test_gzip_and_zip(tmp_path: Path) -> None:
    packed, archive = tmp_path / "abc.csv.gz", tmp_path / "abc.zip"
    packed.write_bytes(gzip.compress((HEADER + ROWS).encode()))
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("abc.csv", HEADER + ROWS)
    assert read(packed) == read(archive) == BARS


def test_dirty_cells_become_nan_and_broken_rows_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "abc.csv"
    file.write_text(
        HEADER + '2024-01-02,,n/a,inf,"1,234.5",x\n\nnot a date,1,2,0.5,1.5,10\n2024-01-04,1\n,1,2,0.5,1.5,10\n'
    )
    report = ReadReport()
    dirty, timeless = read(file, report)
    assert math.isnan(dirty.open)
    assert math.isnan(dirty.high)
    assert dirty.low == math.inf
    assert dirty.close == 1_234.5
    assert math.isnan(dirty.volume)
    assert timeless.ts is None
    assert report.rows == 4
    assert report.rejected == {"the time cannot be read": 1, "the row has too few columns": 1}
    assert report.examples["the time cannot be read"].startswith("line 4: not a date")


def test_several_symbols_keep_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    lines = [f"2024-01-0{day},{name},1,2,0.5,1.5,10" for day in (2, 3) for name in ("B", "A")]
    file.write_text("date,symbol,open,high,low,close,volume\n" + "\n".join(lines))
    assert [(bar.symbol, bar.ts) for bar in read(file)] == [
        (name, BARS[day].ts) for day in (0, 1) for name in ("B", "A")
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", b"PK not a zip"])
def test_what_is_no_csv_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    for name in ("abc.csv", "abc.zip", "abc.csv.gz"):
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(DataError, match="abc"):
            read(file)


@needs_shared
@pytest.mark.parametrize(
    ("name", "rows", "incomplete", "interval"),
    [
        ("bad", 502, 101, "1d"),
        ("bitcoin", 1_246, 0, "1d"),
        ("compare", 502, 0, "1d"),
        ("default", 502, 0, "1d"),
        ("intraday", 1_564, 0, "1m"),
        ("mismatch", 502, 0, "1d"),
        ("penny", 533, 0, "1d"),
        ("spx", 8_111, 0, "1d"),
        ("toobig", 1_246, 0, "1d"),
        ("zeros", 200, 0, "1d"),
    ],
)
def test_real_quotes_arrive_row_for_row(name: str, rows: int, incomplete: int, interval: str) -> None:
    report = ReadReport()
    records = list(read_records(open_file(SHARED / "quotes" / f"{name}.csv", None, report)))
    assert (len(records), report.rows, report.incomplete) == (rows, rows, incomplete)
    assert not report.rejected
    assert all(record.value.endswith(f'"interval":"{interval}"}}'.encode()) for record in records)
    assert {record.key for record in records} == {name.upper().encode()}


@needs_shared
@pytest.mark.parametrize("path", sorted((SHARED / "yfinance_repair").glob("*.csv")), ids=lambda path: path.stem)
def test_real_vendor_files_arrive_in_their_interval(path: Path) -> None:
    report = ReadReport()
    records = list(read_records(open_file(path, None, report), sort=True))
    interval = {"1d": "1d", "1h": "1h", "1wk": "1w"}[path.stem.split("-")[2]]
    assert len(records) == report.rows == path.read_text().count("\n") - 1 + (not path.read_text().endswith("\n"))
    assert not report.rejected
    assert all(record.value.endswith(f'"interval":"{interval}"}}'.encode()) for record in records)
    stamps = [record.timestamp_ms for record in records]
    assert stamps == sorted(stamps)
