"""Files that were once read wrong in silence: each gives its right bars, or is refused with what decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.layouts import Layout, check
from tests.support.layouts.layout import DAY1
from tests.support.layouts.parquet import parquet
from tests.unit.sources.shared import SHARED
from worker.errors import DataError
from worker.sources.options import ReadOptions
from worker.sources.report import ReadReport
from worker.sources.source import open_files

HEADER = "Date,Open,High,Low,Close,Volume\n"
DAYS = "".join(
    f"{row}\n"
    for row in (
        "2024-03-04,41.15,41.9,40.85,41.6,1200",
        "2024-03-05,41.6,42.05,41.3,41.75,900",
        "2024-03-06,41.8,42.4,41.7,42.35,1500",
    )
)
MINUTES = "".join(f"2024-03-04 09:{minute:02}:00,10,10.1,9.9,10.{minute % 7:02},100\n" for minute in range(20))


def weeks() -> str:
    """Mondays."""
    days = [f"2024-{month:02}-{day:02}" for month, day in ((3, 4), (3, 11), (3, 18), (3, 25), (4, 1))]
    return HEADER + "".join(f"{day},41.15,41.9,40.85,41.6,1200\n" for day in days)


FILES: dict[str, Layout] = {
    "AGAIN.csv": Layout("bars again", "AGAIN.csv", HEADER + DAYS, symbol="AGAIN"),
    "WEEK.csv": Layout("weeks", "WEEK.csv", weeks(), rows=5, symbol="WEEK", interval="1w",
                       last=("2024-04-01", *DAY1[1:])),
    "SINGLE.csv": Layout(
        "single precision", "SINGLE.csv", HEADER + "2024-03-04,41.1,41.599998474121094,40.900001525878906,41.6,1200\n"
        "2024-03-05,41.6,42.05,41.3,41.75,900\n", rows=2, symbol="SINGLE",
        first=("2024-03-04", 41.1, 41.599998474121094, 40.900001525878906, 41.6, 1200.0),
        last=("2024-03-05", 41.6, 42.05, 41.3, 41.75, 900.0),
    ),
    "OVERLAPPING.csv": Layout(
        "minutes that are said to be longer", "OVERLAPPING.csv", "time,open,high,low,close,volume\n" + MINUTES, rows=20,
        symbol="OVERLAPPING", interval="1m", first=("2024-03-04T09:00", 10.0, 10.1, 9.9, 10.0, 100.0),
        last=("2024-03-04T09:19", 10.0, 10.1, 9.9, 10.05, 100.0),
    ),
    "NULLTIME.parquet": Layout(
        "a time that is null", "NULLTIME.parquet",
        parquet(ts=("timestamp:ns", [None, *(1_709_510_400_000_000_000 + day * 86_400 * 10**9 for day in range(3))]),
                **{name: [41.0, 41.15, 41.6, 41.8] for name in ("open", "high", "low", "close")}, volume=[1.0] * 4,
                ingest_ts=("int64", [1_709_510_400_000] * 4)),
        symbol="NULLTIME", first=("2024-03-04", 41.15, 41.15, 41.15, 41.15, 1.0),
        last=("2024-03-06", 41.8, 41.8, 41.8, 41.8, 1.0),
    ),
    "BRK.A.csv": Layout("a name with a dot", "BRK.A.csv", HEADER + DAYS, symbol="BRK.A"),
    "BRK.B.csv": Layout("another name with a dot", "BRK.B.csv", HEADER + DAYS, symbol="BRK.B"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files_of_the_same_kind(name: str) -> None:
    check(FILES[name])


# First bar, symbol, interval and rows of the files themselves, where they are present; None: refused.
REAL: Mapping[str, Any] = {
    "AGAIN.csv": (DAY1, "1d", 5),
    "DAYFIRST.csv": None,
    "DUKAS.csv": (("2024-03-04T09:00", 1.085, 1.0861, 1.0844, 1.0857, 812.0), "1h", 2),
    "EURO.csv": (DAY1, "1d", 3),
    "EUROTHOU.csv": (("2024-03-04", 1841.15, 1841.9, 1840.85, 1841.6, 12000.0), "1d", 2),
    "EXCELDAY.csv": (DAY1, "1d", 3),
    "MS1973.csv": (("1973-02-28", *DAY1[1:]), "1d", 5),
    "MT5.csv": (("2024-03-04T09:00", 1.085, 1.0861, 1.0844, 1.0857, 812.0), "1h", 3),
    "NASDAQ.csv": (DAY1, "1d", 3),
    "OVERLAPPING.csv": (("2024-03-04T09:00", 10.0, 10.1, 9.9, 10.0, 100.0), "1m", 20),
    "ROWNUMBER.csv": None,
    "SINGLE.csv": (("2024-03-04", 41.1, 41.599998474121094, 40.900001525878906, 41.6, 1200.0), "1d", 2),
    "WEEK.csv": (("2022-01-03", 100.0, 100.2, 99.8, 100.0, 1000.0), "1w", 105),
    "dots/BRK.A.csv": (("2024-03-04", 612000.0, 613500.0, 611000.0, 613000.0, 9000.0), "1d", 3),
    "dots/BRK.B.csv": (("2024-03-04", 408.0, 409.0, 407.0, 408.5, 90000.0), "1d", 5),
}


@pytest.mark.skipif(not (SHARED / "accidents").is_dir(), reason=f"the files are not at {SHARED}")
@pytest.mark.parametrize("name", REAL)
def test_the_files_themselves(name: str) -> None:
    path = SHARED / "accidents" / name
    if REAL[name] is None:
        with pytest.raises(DataError, match=path.name) as caught:
            open_files([path], None, ReadReport(), ReadOptions())
        assert "--" in caught.value.fix
        return
    first, interval, rows = REAL[name]
    symbol = path.name.removesuffix(".csv")
    content = path.read_bytes()
    last = last_bar(path)
    check(Layout(name, path.name, content, first, last, symbol, interval, rows))


def last_bar(path: Path) -> Any:
    """The newest bar, as the reader gives it: these tests look at the first."""
    (source,) = open_files([path], None, ReadReport(), ReadOptions())
    batches = list(source.batches(sort=True))
    bar = batches[-1].bar(-1)
    assert bar.ts is not None
    return datetime.fromtimestamp(bar.ts / 1_000, UTC).isoformat(), *bar[2:7]
