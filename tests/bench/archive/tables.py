"""Ten million rows in a table: the size of its files after upkeep, and the time to read a day of one symbol."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from deltalake import DeltaTable as Table

from schemas import Decision
from tests.support.archived import outcomes
from worker import read_decisions
from worker.archive.delta.table import DeltaTable
from worker.archive.rows.encoding import Encoder
from worker.archive.rows.kinds import kinds
from worker.archive.sink import Identity
from worker.archive.turn import Turns
from worker.archive.upkeep.sorting.external import Room
from worker.archive.upkeep.works import Upkeep
from worker.export.delta import store_of
from worker.kafka.records.columns import raw_of
from worker.settings import load_settings

SYMBOLS, BARS, DAYS = 1_000, 1_440, 7  # 10,080,000 rows: a week of minutes
COMMITS = 8  # of a day
FIRST = date(2026, 6, 1)
ATTEMPTS = 5
MINUTE = 60_000_000  # µs


def figures(say: Callable[[str], None], folder: Path) -> dict[str, float]:
    """The median file after upkeep, and the median time of a query of one symbol's day."""
    settings = load_settings({"archive": {"url": str(folder / "table")}})
    kind = next(kind for kind in kinds(settings) if kind.name == "decisions")
    store = store_of(settings.archive)
    table = DeltaTable(store, kind.name, kind.topic, kind.schema, Identity("bench", "bench", "bench"))
    table.create()
    table.load([0])
    template = template_of(kind)
    rows = 0
    for day in range(DAYS):
        say(f"writing day {day + 1} of {DAYS}")
        for part in range(COMMITS):
            made = part_of(template, day, part)
            table.append(made, table.positions, {0: rows + len(made)})
            rows += len(made)
    room = Room(str(folder), Turns())
    upkeep = Upkeep(store, kind.name, settings.archive.compact_bytes)
    for name, work in (
        ("compacting", lambda: upkeep.compact(room)),
        ("sorting", lambda: upkeep.sort(FIRST + timedelta(DAYS), room)),
    ):
        begun = time.monotonic()
        done = work()
        say(f"{name}: {done}, {time.monotonic() - begun:.0f} s")
    handle = Table(store.table(kind.name))
    assert handle.count() == rows == SYMBOLS * BARS * DAYS
    sizes = pa.table(handle.get_add_actions(flatten=True))["size_bytes"].to_pylist()
    return {"median_file_mb": round(median(sizes) / 2**20, 1), "symbol_day_query_ms": round(_query(store.url), 1)}


def template_of(kind: Any) -> pa.Table:
    """Real decisions as rows, as many as a commit has."""
    found = [one for _, one in outcomes(40, 500) if isinstance(one, Decision)]
    records = [
        SimpleNamespace(offset=at, timestamp=0, key=b"k", value=msgspec.json.encode(one), headers=[("ce_id", b"x")])
        for at, one in enumerate(found)
    ]
    rows = pa.Table.from_batches([Encoder(kind).encode(0, raw_of(records)).rows])
    return rows.take(np.arange(SYMBOLS * BARS // COMMITS) % len(rows))


def part_of(template: pa.Table, day: int, part: int) -> pa.Table:
    """An eighth of a day: all symbols, three hours, numbers of its own."""
    count = len(template)
    minutes = part * (BARS // COMMITS) + np.arange(count) // SYMBOLS
    symbols = np.arange(count) % SYMBOLS
    midnight = int(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp()) * 1_000_000
    ts = midnight + (day * BARS + minutes) * MINUTE
    noise = np.random.default_rng((day, part)).normal(1.0, 0.01, count)
    first = (day * COMMITS + part) * count
    own = {
        "date": pa.array([FIRST + timedelta(day)] * count, pa.date32()),
        "offset": pa.array(np.arange(first, first + count)),
        "ce_id": pa.array([f"ticks-0-{at}" for at in range(first, first + count)]),
        "decision_id": pa.array([f"SIM{s:04d}-{m}" for s, m in zip(symbols.tolist(), minutes.tolist(), strict=True)]),
        "symbol": pa.array([f"SIM{s:04d}" for s in symbols.tolist()]),
        "sequence": pa.array(day * BARS + minutes + 1),
        "ts": pa.array(ts, pa.timestamp("us", tz="UTC")),
        "close_ts": pa.array(ts + MINUTE - 1_000, pa.timestamp("us", tz="UTC")),
    }
    for name in ("open", "high", "low", "close", "volume", "score", "final", "p_turb", "risk_sigma_ann"):
        own[name] = pa.array(template[name].to_numpy(zero_copy_only=False) * np.round(noise, 6), from_pandas=True)
    for name, column in own.items():
        template = template.set_column(template.column_names.index(name), template.schema.field(name), column)
    return template


def _query(url: str) -> float:
    """Milliseconds of `read_decisions` for a day of one symbol, all columns, the median of some."""
    times = []
    for attempt in range(ATTEMPTS):
        day = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(attempt % DAYS)
        symbol = f"SIM{(137 * attempt + 401) % SYMBOLS:04d}"
        begun = time.perf_counter()
        found = read_decisions(archive=url, symbols=symbol, since=day, until=day + timedelta(1))
        times.append((time.perf_counter() - begun) * 1000)
        assert found.num_rows == BARS, found.num_rows
    return median(times)
