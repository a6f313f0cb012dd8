"""What a layout is, and how one is checked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas.tick import Tick
from worker.errors import DataError, Exit
from worker.sources.options import ReadOptions
from worker.sources.report import ReadReport
from worker.sources.source import open_files, read_records

Value = tuple[str, float, float, float, float, float]
DAY1: Value = ("2024-03-04", 41.15, 41.9, 40.85, 41.6, 1200.0)
DAY3: Value = ("2024-03-06", 41.8, 42.4, 41.7, 42.35, 1500.0)
HOUR1: Value = ("2024-03-04T09:00", 1.085, 1.0861, 1.0844, 1.0857, 812.0)
HOUR3: Value = ("2024-03-04T11:00", 1.086, 1.0871, 1.0858, 1.0869, 702.0)


@dataclass(frozen=True)
class Layout:
    """A file and what must be read of it; `refused` is a part of the message where it must be refused instead."""

    title: str
    name: str
    content: str | bytes | Callable[[Path], None]
    first: Value = DAY1
    last: Value = DAY3
    symbol: str = "ABC"
    interval: str = "1d"
    rows: int = 3
    options: Mapping[str, Any] = field(default_factory=dict)
    sort: bool = False
    encoding: str = "utf-8"
    refused: str | None = None
    fix: str = ""
    notes: str = ""  # part of a note


def check(layout: Layout) -> None:
    """Read a layout's file and compare first and last bar, symbol, interval and number of rows.

    Raises:
        AssertionError: something is different.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / layout.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(layout.content):
            layout.content(path)
        else:
            text = layout.content
            path.write_bytes(text if isinstance(text, bytes) else text.encode(layout.encoding))
        _check(layout, path)


def _check(layout: Layout, path: Path) -> None:
    report, options = ReadReport(), ReadOptions(**layout.options)
    refusal, records = None, []
    try:
        (source,) = open_files([path], options.symbol, report, options)
        records = list(read_records(source, options.interval, layout.sort))
    except DataError as error:
        refusal = error
    if refusal is not None:
        assert layout.refused is not None, f"{layout.title}: refused: {refusal}"
        assert layout.refused in refusal.message, f"{layout.title}: {refusal.message}"
        assert layout.fix in refusal.fix, f"{layout.title}: {refusal.fix}"
        assert refusal.exit_code == Exit.DATA
        return
    assert layout.refused is None, f"{layout.title}: read, not refused"
    ticks = [msgspec.json.decode(record.value, type=Tick) for record in records]
    ticks = [tick for tick in ticks if tick.ts is not None]
    seen = {"rows": len(ticks), "first": _value(ticks[0]), "last": _value(ticks[-1])}
    wanted = {"rows": layout.rows, "first": _expected(layout.first), "last": _expected(layout.last)}
    seen |= {"symbol": ticks[0].symbol, "interval": ticks[0].interval}
    wanted |= {"symbol": layout.symbol, "interval": layout.interval}
    assert seen == wanted, f"{layout.title}: {seen} instead of {wanted}"
    assert not report.rejected, f"{layout.title}: {report.rejected}"
    assert not report.unreadable, f"{layout.title}: {report.unreadable}"
    assert layout.notes in " ".join(report.notes), f"{layout.title}: {report.notes}"
    (told,) = report.layouts
    assert (told.interval, len(told.samples) > 0) == (layout.interval, True)
    assert all(told.lines())


def _value(tick: Tick) -> tuple[Any, ...]:
    return tick.ts, tick.open, tick.high, tick.low, tick.close, tick.volume


def _expected(value: Value) -> tuple[Any, ...]:
    moment = datetime.fromisoformat(value[0])
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (round(moment.timestamp() * 1_000), *value[1:])
