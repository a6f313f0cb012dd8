"""Rows of a sweep as a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from worker.backtest.tables import write_rows

PLAIN: dict[str, list[Any]] = {
    "numbers": [0.1, float("nan"), -0.0],
    "whole": [1, -(2**63) + 1, 2**63 - 1],
    "text": ["fill", "", "ä€"],
}
OTHER: dict[str, list[Any]] = {
    "flags": [True, False, True],
    "some": [1, 2.5, 3],
    "lists": [[1, 2], [], [3]],
    "absent": [None, "a", None],
    "of numpy": [np.float64(1.5), np.float64(2.5), np.float64(3.5)],
}


def rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_columns_are_those_of_pyarrow(tmp_path: Path) -> None:
    given = rows(PLAIN | OTHER)
    write_rows(given, tmp_path / "own.parquet")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(given), tmp_path / "other.parquet", compression="zstd")
    assert (tmp_path / "own.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_numbers_and_text_do_without_what_imports_pandas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pyarrow, "array")
    write_rows(rows(PLAIN), tmp_path / "own.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "own.parquet")["whole"].to_pylist() == PLAIN["whole"]
