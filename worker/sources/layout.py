"""What was decided about a file before any of it was sent.

Reading a file has one outcome: a `Layout`, decided by column over the whole file, and batches of typed columns
(`BarBatch`) that are read by it. Every command that takes files reads them so, CSV and Parquet alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from worker.sources.record import Bar

_DECIMALS = {".": "decimal point", ",": "decimal comma"}


def moment(ts: int | None) -> str:
    """Format a time for people."""
    if ts is None:
        return "?"
    try:
        text = datetime.fromtimestamp(ts / 1_000, UTC).isoformat(sep=" ", timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return str(ts)
    return text.replace("+00:00", "").replace(".000", "").removesuffix(" 00:00:00")


@dataclass
class Layout:
    """What was decided about a file of bars."""

    name: str
    form: str  # "CSV (semicolon, UTF-16, gzip)" or "Parquet"
    columns: dict[str, str]  # field → header
    decimal: str | None  # None where numbers are no text
    times: str
    zone: str
    interval: str | None  # None until it is known: see `Reading.interval`
    symbol: str | None  # None: the column of symbols says it
    rows: int  # that have a time
    first: int | None
    last: int | None
    vendor: str | None = None
    samples: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    final: Bar | None = None  # the last whole row, once the file was read to its end

    def move(self, shift: int) -> None:
        """Move the bars by `shift` ms."""
        self.first, self.last = (None if time is None else time + shift for time in (self.first, self.last))
        self.samples = [bar if bar.ts is None else bar._replace(ts=bar.ts + shift) for bar in self.samples]

    def lines(self) -> list[str]:
        """Return the layout as lines for people."""
        numbers = "" if self.decimal is None else f", {_DECIMALS[self.decimal]}"
        columns = ", ".join(
            field if field == header.lower() else f"{field}={header}" for field, header in self.columns.items()
        )
        vendor = f" of {self.vendor}" if self.vendor else ""
        told = [
            f"{self.name}: {self.form}{vendor}{numbers}; times: {self.times}; zone: {self.zone}; "
            f"interval: {self.interval or '?'}; symbol: {self.symbol or 'by column'}",
            f"  columns: {columns}",
            f"  {self.rows:,} rows, {moment(self.first)} .. {moment(self.last)}",
        ]
        told += [f"  {_line(bar)}" for bar in self.samples]
        if self.final is not None and self.final not in self.samples:
            told.append(f"  last: {_line(self.final)}")
        return told

    def as_dict(self) -> dict[str, Any]:
        """Return the layout as plain data for programs."""
        return {
            "name": self.name,
            "format": self.form,
            "vendor": self.vendor,
            "columns": self.columns,
            "decimal": self.decimal,
            "times": self.times,
            "zone": self.zone,
            "interval": self.interval,
            "symbol": self.symbol,
            "rows": self.rows,
            "first": self.first,
            "last": self.last,
            "samples": [_told(bar) for bar in self.samples],
            "final": None if self.final is None else _told(self.final),
            "notes": self.notes,
        }


def _line(bar: Bar) -> str:
    values = (*bar[2:7], *(value for _, value in bar.extra))
    return f"{bar.symbol} {moment(bar.ts)} " + " ".join(f"{value:.15g}" for value in values)


def _told(bar: Bar) -> dict[str, Any]:
    told = bar._asdict()
    if not told.pop("extra"):
        return told
    return told | {"extra": {name: value if math.isfinite(value) else None for name, value in bar.extra}}
