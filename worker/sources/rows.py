"""Turns rows of text cells into bars."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from worker.sources.columns import Columns
from worker.sources.record import Bar
from worker.sources.report import ReadReport
from worker.sources.timestamps import parse_time

_ABSENT = frozenset({"", "na", "n/a", "null", "none", "-", "nan", "nat"})


def parse_number(cell: str) -> float:
    """A number, thousands separators allowed; NaN for what is none."""
    try:
        return float(cell)
    except ValueError:
        pass
    try:
        return float(cell.replace(",", ""))
    except ValueError:
        return math.nan


def bars_of_rows(
    rows: Iterable[tuple[int, Sequence[str]]], columns: Columns, symbol: str, report: ReadReport
) -> Iterator[Bar]:
    """Bars of numbered rows in their order; `symbol` is for tables without such a column."""
    for line, row in rows:
        if not any(row):
            continue
        report.rows += 1
        if len(row) < columns.width:
            report.reject("the row has too few columns", f"line {line}: {','.join(row)}")
            continue
        try:
            yield _bar(row, columns, symbol)
        except (ValueError, OverflowError):
            report.reject("the time cannot be read", f"line {line}: {','.join(row)}")


def _bar(row: Sequence[str], columns: Columns, symbol: str) -> Bar:
    open_, high, low, close, volume = (parse_number(row[at]) for at in columns.numbers)
    when = row[columns.ts]
    if columns.clock is not None:
        when = f"{when} {row[columns.clock]}"
    name = symbol if columns.symbol is None else row[columns.symbol].strip()
    ingest = None if columns.ingest_ts is None else _time(row[columns.ingest_ts])
    return Bar(name, _time(when), open_, high, low, close, volume, ingest)


def _time(cell: str) -> int | None:
    return None if cell.strip().lower() in _ABSENT else parse_time(cell)
