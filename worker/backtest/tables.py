"""`trades.parquet` and `equity.parquet` (extra `parquet`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from worker import extras
from worker.backtest.ledger import BARS, TRADES, Ledger, Rows
from worker.backtest.said import TAGS, tag_name
from worker.engine.reasons import Reason

EQUITY_FILE, TRADES_FILE = "equity.parquet", "trades.parquet"
LARGEST = np.iinfo(np.int64).max
TIMES = frozenset({"ts", "close_ts", "entry_ts", "exit_ts"})


def parquet() -> tuple[Any, Any]:
    """Return the modules pyarrow and pyarrow.parquet.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    missing = "writing Parquet needs pyarrow"
    return extras.module("pyarrow", "parquet", missing), extras.module("pyarrow.parquet", "parquet", missing)


def write_tables(ledgers: Sequence[Ledger], folder: Path, tags: Sequence[str] | None = None) -> None:
    """Write one row per decision and one per closed trade, symbols in order of first appearance.

    `tags` are a strategy's; None where none decides.
    """
    _write(folder / EQUITY_FILE, BARS, [(ledger.symbol, ledger.bars) for ledger in ledgers])
    more = {} if tags is None else {f"{end}_tag": _names(ledgers, end, tags) for end in TAGS.names or ()}
    _write(folder / TRADES_FILE, TRADES, [(ledger.symbol, ledger.trades) for ledger in ledgers], more)


def _names(ledgers: Sequence[Ledger], end: str, tags: Sequence[str]) -> list[str | None]:
    return [tag_name(tags, tag) for ledger in ledgers for tag in ledger.said.tags[end].tolist()]


def write_rows(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write rows with the same columns as a Parquet file."""
    arrow, writer = parquet()
    columns = {name: _plain(arrow, [row[name] for row in rows]) for name in rows[0]}
    writer.write_table(arrow.table(columns), path, compression="zstd")


def _plain(arrow: Any, values: list[Any]) -> Any:
    """Return a column as `arrow.array` does, which imports pandas where it is installed: 0.3 CPU-seconds."""
    kinds = set(map(type, values))
    if kinds == {str}:
        text = [value.encode() for value in values]
        ends = np.cumsum([0, *map(len, text)], dtype=np.int32)
        return arrow.StringArray.from_buffers(len(text), arrow.py_buffer(ends), arrow.py_buffer(b"".join(text)))
    if kinds == {float} or (kinds == {int} and max(map(abs, values)) <= LARGEST):
        numbers = np.array(values)
        kind = arrow.float64() if numbers.dtype == np.float64 else arrow.int64()
        return arrow.Array.from_buffers(kind, len(values), [None, arrow.py_buffer(numbers)])
    return arrow.array(values)


def _write(
    path: Path,
    dtype: np.dtype[np.void],
    parts: list[tuple[str, Rows]],
    more: Mapping[str, Sequence[str | None]] | None = None,
) -> None:
    arrow, writer = parquet()
    rows = np.concatenate([np.zeros(0, dtype), *(part for _, part in parts)])
    symbols = arrow.array([name for name, _ in parts], arrow.string())
    owners = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for _, part in parts])
    columns = {"symbol": arrow.DictionaryArray.from_arrays(owners, symbols).cast(arrow.string())}
    columns |= {name: _column(arrow, name, np.ascontiguousarray(rows[name])) for name in dtype.names or ()}
    columns |= {name: arrow.array(values, arrow.string()) for name, values in (more or {}).items()}
    writer.write_table(arrow.table(columns), path, compression="zstd")


def _column(arrow: Any, name: str, values: Rows) -> Any:
    if name in TIMES:
        return arrow.array(values).cast(arrow.timestamp("ms", tz="UTC"))
    if name == "reason":
        return arrow.array([Reason(code).name for code in values.tolist()], arrow.string())
    return arrow.array(values, from_pandas=values.dtype.kind == "f")
