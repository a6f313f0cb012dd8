"""A running member sorts a large day while it archives a full topic: its peak memory, and the same rows."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import DeltaTable as Table
from deltalake import write_deltalake

from tests.bench.archive.live import fill, used
from tests.bench.archive.tables import BARS, COMMITS, FIRST, SYMBOLS, part_of, template_of
from tests.bench.archive.written import proof
from tests.support.archived import archive_settings, member
from tests.support.fleet import Fleet, WorkerProcess, until
from worker.archive.delta.table import writer_properties
from worker.archive.rows.kinds import kind_of
from worker.broker import Broker
from worker.settings import Settings

ROWS = SYMBOLS * BARS  # 1.44 million
BESIDE = 400_000  # decisions that are archived meanwhile
OTHER = 99  # the partition of the day's rows, which the topic does not have
PATIENCE = 900.0


def figures(say: Callable[[str], None], folder: Path) -> dict[str, float]:
    """Peak memory of the member, seconds of sorting, and the median of the day's files."""
    with Broker() as broker:
        settings = archive_settings(
            broker.bootstrap,
            "sorting",
            folder / "sorting",
            tables=["decisions"],
            commit_interval_ms=60_000,
            compact_interval_s=1,
            sort_interval_s=86_400,
            spill_dir=str(folder),
        )
        say(f"writing {BESIDE:,} decisions")
        asyncio.run(fill(settings, BESIDE))
        found = asyncio.run(_sorted(say, settings, folder))
        return found | proof(settings, BESIDE)


def _write_day(settings: Settings) -> None:
    template = template_of(kind_of(settings, "decisions"))
    at = template.schema.get_field_index("partition")
    template = template.set_column(at, "partition", pa.array([OTHER] * len(template), pa.int32()))
    for part in range(COMMITS):
        write_deltalake(
            f"{settings.archive.url}/decisions",
            part_of(template, 0, part).sort_by([("symbol", "ascending"), ("ts", "ascending")]),
            mode="append",
            writer_properties=writer_properties(),
        )


async def _sorted(say: Callable[[str], None], settings: Settings, folder: Path) -> dict[str, float]:
    async with Fleet(settings, folder) as fleet:
        first = fleet.start("first", command="archive", ALPHAPULSE_ARCHIVE__SORT_INTERVAL_S="0")
        await until(lambda: _archived(first, 1), PATIENCE, "a table")
        first.send(signal.SIGTERM)
        assert await first.exit_code(60) == 0, first.text
        begun = sum(event["rows"] for event in first.events("archived"))
        say(f"writing a day of {ROWS:,} rows")
        await asyncio.to_thread(_write_day, settings)
        before = await asyncio.to_thread(_fingerprint, settings)
        say("sorting it, and archiving")
        only = member(fleet, "only")
        started = time.monotonic()
        await until(lambda: _is_sorted(only), PATIENCE, "a sorted day")
        await until(lambda: _archived(only, BESIDE - begun), PATIENCE, "all rows")
        say(f"both after {time.monotonic() - started:.0f} s")
        cpu, rss = await asyncio.to_thread(used, only.process.pid)
        only.send(signal.SIGTERM)
        assert await only.exit_code(60) == 0, only.text
        seconds = sum(e["seconds"] for e in only.events("upkeep") if e["work"] == "sorting")
    assert await asyncio.to_thread(_fingerprint, settings) == before
    say(f"{cpu:.0f} CPU-seconds; the same rows")
    handle = Table(f"{settings.archive.url}/decisions")
    mine = [row for row in pa.table(handle.get_add_actions(flatten=True)).to_pylist() if row["partition.date"] == FIRST]
    assert handle.transaction_version(f"sorted/{FIRST}") == ROWS
    size = median(row["size_bytes"] for row in mine) / 2**20
    return {"sorting_rss_mb": round(rss, 1), "sorting_s": seconds, "sorted_median_file_mb": round(size, 1)}


def _fingerprint(settings: Settings) -> list[Any]:
    """Number and hashes of the day's rows, all columns, whatever their order."""
    with duckdb.connect() as database:
        database.register("rows", Table(f"{settings.archive.url}/decisions").to_pyarrow_dataset())
        asked = "SELECT count(*), sum(hash(rows)::HUGEINT) FROM rows WHERE partition = ?"
        return database.execute(asked, [OTHER]).fetchall()


async def _is_sorted(only: WorkerProcess) -> bool:
    assert only.running, only.text
    return any(event["work"] == "sorting" for event in only.events("upkeep"))


async def _archived(only: WorkerProcess, rows: int) -> bool:
    assert only.running, only.text
    return bool(sum(event["rows"] for event in only.events("archived")) >= rows)
