"""Live against backtest: what two workers publish, one of them killed, and what a backtest of the same input writes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet

from tests.support import lean
from tests.support.fleet import Fleet, environment, until
from tests.support.outputs import published
from tests.support.ticks import Publishing, make_topics
from worker.backtest.parts import DECISIONS, REJECTIONS
from worker.settings import Settings
from worker.sources.record import Record
from worker.sources.report import ReadReport
from worker.sources.source import open_file, read_records

COLUMNS = ("ts", "open", "high", "low", "close", "volume")
DAILY = ("aapl", "aig", "bac", "eem", "fb", "goog", "ibm", "iwm", "qqq", "spy", "uso", "wm")
HOURLY = ("aapl", "spy", "vxx")
MINUTES = ("aapl", "aig", "bac", "ibm", "spy")
LASTS = 5.0  # seconds of publishing


class Values(NamedTuple):
    """Values of both output topics, each in the order in which a backtest writes them."""

    decisions: list[bytes]
    rejections: list[bytes]


def lean_files(folder: Path) -> list[Path]:
    """All market data beside the repository as Parquet: one file a bar length, symbols after their bar length."""
    daily = {f"{name}-1d": lean.equity(name) for name in DAILY} | {"btc-1d": lean.coinbase_daily()}
    hourly = {f"{name}-1h": lean.equity(name, "hour") for name in HOURLY}
    minutes = {f"{name}-1m": lean.minutes("equity/usa", name) for name in MINUTES}
    minutes["btc-1m"] = lean.minutes("crypto/coinbase", "btcusd")
    return [
        write_bars(folder / f"{name}.parquet", series)
        for name, series in (("daily", daily), ("hourly", hourly), ("minutes", minutes))
    ]


def write_bars(path: Path, series: dict[str, lean.Array], names: list[str] | None = None) -> Path:
    """BAR rows by symbol, or with the symbol of each row, as a Parquet file."""
    rows = np.concatenate(list(series.values()))
    symbols = names or [name.upper() for name, bars in series.items() for _ in range(len(bars))]
    columns: dict[str, Any] = {name: np.ascontiguousarray(rows[name]) for name in COLUMNS}
    arrow: Any = pyarrow
    arrow.parquet.write_table(arrow.table({"symbol": symbols} | columns), path)
    return path


def records_of(files: Sequence[Path]) -> list[Record]:
    """The records that `publish` makes of files."""
    return [record for path in files for record in read_records(open_file(path, None, ReadReport()))]


async def live(settings: Settings, records: list[Record], folder: Path, seconds: float) -> Values:
    """Publish to a fleet of two workers, kill -9 one of them in the middle, and read what they published."""
    await make_topics(settings)
    async with Fleet(settings, folder) as fleet:
        victim, other = fleet.start("victim"), fleet.start("other")
        each = settings.topics.partitions // 2
        await victim.ready(partitions=each)
        await other.ready(partitions=each)
        # Without a rate two workers may be through before anybody looks.
        publishing = Publishing(settings, records, rate=len(records) / LASTS)

        async def waiting() -> bool:
            return sum(await fleet.progress.behind()) > 0

        await fleet.committed(len(records) // 3, seconds, "a third of the input committed")
        victim.kill()
        await until(waiting, seconds, "records that wait for who takes over")
        await publishing.finish()
        await fleet.caught_up(seconds)
        await fleet.stop()
    return _ordered(settings, records)


def _ordered(settings: Settings, records: list[Record]) -> Values:
    topics = settings.topics
    order = dict.fromkeys(record.key for record in records)
    found: dict[str, dict[bytes | None, list[bytes]]] = {}
    for (topic, _), lines in published(settings).items():
        for line in lines:
            assert line.value is not None
            found.setdefault(topic, {}).setdefault(line.key, []).append(line.value)
    decisions, rejections = (
        [value for key in order for value in found.get(topic, {}).get(key, [])]
        for topic in (topics.decisions, topics.rejected)
    )
    return Values(decisions, rejections)


def backtested(settings: Settings, given: Sequence[Path | str], out: Path, workers: int = 2) -> Values:
    """The lines that `alphapulse backtest` writes for these files or options."""
    command = [sys.executable, "-m", "worker", "backtest", *map(str, given), "--out", str(out), "-n", str(workers)]
    done = subprocess.run(command, env=environment(settings), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Values(*((out / name).read_bytes().splitlines() for name in (DECISIONS, REJECTIONS)))


def differing(found: Values, wanted: Values) -> int:
    """How many values differ, are missing or are too many."""
    pairs = (zip_longest(one, other) for one, other in zip(found, wanted, strict=True))
    return sum(value != other for lines in pairs for value, other in lines)
