"""What was decided in the crash, as a table: archived once its workers have ended, and asked by one DuckDB query."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from worker.demo.steps import Steps
from worker.settings import Settings

NEEDED = ("deltalake", "duckdb", "pyarrow")
QUERY = "SELECT regime, count(*), count(*) FILTER (action LIKE 'open%') FROM decisions GROUP BY regime ORDER BY 2 DESC"


def installed() -> bool:
    """Return whether the packages of the archive are there."""
    return all(importlib.util.find_spec(name) for name in NEEDED)


async def archive_demo(settings: Settings, folder: Path, steps: Steps) -> str:
    """Archive the topics of these settings into a folder, and return the query with its answer as one line."""
    from worker.archive.once import archive_once

    archive = settings.archive.model_copy(update={"url": str(folder), "sink": "delta"})
    with steps.step("archive what was decided") as step:
        rows = await archive_once(settings.model_copy(update={"archive": archive}))
        step.text = f"archived {rows['decisions']:,} decisions of the crash as a Delta table"
    return f"{QUERY}: {_answer(folder)}"


def _answer(folder: Path) -> str:
    import duckdb
    from deltalake import DeltaTable

    decisions: Any = DeltaTable(str(folder / "decisions")).to_pyarrow_dataset()
    with duckdb.connect() as connection:
        found = connection.register("decisions", decisions).execute(QUERY).fetchall()
    return ", ".join(f"{regime} {count:,} ({opens:,})" for regime, count, opens in found)
