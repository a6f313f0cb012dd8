"""Blocks without quotes are split at once, others by the module csv: the cells are the same."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import drawn
from tests.unit.sources.shared import bars_of
from worker.errors import DataError
from worker.sources.report import ReadReport
from worker.sources.source import open_file
from worker.sources.tables.content import Content
from worker.sources.tables.text import SHORT, TextTable

HEADER = ["date", "open", "high", "low", "close", "volume"]
CELLS = st.sampled_from(["1", "2.5", "", "n/a", "a,b", 'say "x"', "two\nlines", " 3", "1_0", "é"])
ROWS = st.lists(st.lists(CELLS, min_size=6, max_size=8), max_size=30)


@settings(max_examples=drawn(30, 200))
@given(ROWS, st.sampled_from([20, 64, 1 << 20]), st.sampled_from(["\n", "\r\n"]))
def test_any_block_size_gives_what_csv_gives(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], size: int, end: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADER, ["2024-01-02", "1", "2", "0.5", "1.5", "10"], *rows])
    path = tmp_path_factory.mktemp("blocks") / "x.csv"
    path.write_bytes(text.getvalue().replace("\n", end).encode())
    table = TextTable(Content(path))
    found: list[list[str]] = []
    for chunk in table.chunks(range(6), size):
        found += map(list, zip(*(chunk.columns[at] for at in range(6)), strict=True))
        assert len(chunk.lines) == len(chunk.columns[0])
    # Rows with a cell behind the last name are left out.
    expected = [[cell.lstrip(" ") for cell in row[:6]] for row in rows if any(row) and not "".join(row[6:]).strip()]
    assert found == [["2024-01-02", "1", "2", "0.5", "1.5", "10"], *expected]


def test_lines_are_numbered_as_an_editor_does(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(",".join(HEADER) + "\n2024-01-02,1,2,0.5,1.5,10\n\n2024-01-03,1\n2024-01-04,1,2,0.5,1.5,10\n")
    chunks = list(TextTable(Content(path)).chunks(range(6)))
    assert [line for chunk in chunks for line in chunk.lines] == [2, 5]
    assert [lost for chunk in chunks for lost in chunk.lost] == [(SHORT, 4, "2024-01-03,1")]


def test_an_encoding_that_shows_late(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = "".join(f"{1_704_153_600 + 60 * at},1,2,0.5,1.5,10,plain\n" for at in range(4_000))
    path.write_bytes(f"ts,open,high,low,close,volume,remark\n{rows}1704393600,1,2,0.5,1.5,10,".encode() + b"caf\xe9\n")
    source = open_file(path, None, ReadReport())
    assert len(bars_of(source)) == 4_001
    assert source.reading is not None
    assert "CP1252" in source.reading.layout.form


def test_what_holds_no_table_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\n\n", b"hello\n", b"a,b,c\n1,2,3\n", bytes(range(256)) * 40):
        path = tmp_path / "x.csv"
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"x\.csv"):
            open_file(path, None, ReadReport())
