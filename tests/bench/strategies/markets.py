"""The series: real daily bars, the simulator's hours, and random walks with gaps."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import BAR
from worker.sources.datasets import DATASETS, read_dataset
from worker.sources.simulation.simulator import Simulation, simulated_records

HOUR, DAY = 3_600_000, 86_400_000
BARS = 3_000
SIMULATED = tuple(f"SIM{number:04d}" for number in range(6))
WALKS = tuple(f"walk{seed}" for seed in range(4))
NAMES = (*DATASETS, *SIMULATED, *WALKS)
COLUMNS = ("open", "high", "low", "close", "volume")


@cache
def series(name: str) -> NDArray[Any]:
    """BAR rows of one of NAMES."""
    if name in DATASETS:
        return _bars(((bar.ts or 0, *bar[2:7]) for bar in read_dataset(name, None)), DAY)
    return simulated()[name] if name in SIMULATED else _walk(int(name.removeprefix("walk")))


@cache
def simulated() -> dict[str, NDArray[Any]]:
    """The simulator's bars, on its grid of ticks."""
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in SIMULATED}
    for record in simulated_records(Simulation(symbols=len(SIMULATED), bars=BARS, seed=5, interval="1h")):
        tick = msgspec.json.decode(record.value or b"")
        rows[tick["symbol"]].append((tick["ts"], *(tick[column] for column in COLUMNS)))
    return {name: _bars(found, HOUR) for name, found in rows.items()}


def _walk(seed: int) -> NDArray[Any]:
    """Prices of all digits that jump between a close and the next open."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, BARS)))
    opened = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0.0, 0.004, BARS))
    high = np.maximum(opened, close) * np.exp(rng.exponential(0.004, BARS))
    low = np.minimum(opened, close) * np.exp(-rng.exponential(0.004, BARS))
    ts = 1_600_000_000_000 // HOUR * HOUR + HOUR * np.arange(BARS)
    return _bars(zip(ts.tolist(), opened, high, low, close, np.full(BARS, 1e9), strict=True), HOUR)


def _bars(rows: Iterable[tuple[float, ...]], interval_ms: int) -> NDArray[Any]:
    table = list(rows)
    bars = np.zeros(len(table), BAR)
    bars["ts"] = [row[0] for row in table]
    for column, name in enumerate(COLUMNS, 1):
        bars[name] = [row[column] for row in table]
    bars["interval_ms"], bars["ingest_ts"] = interval_ms, bars["ts"] + interval_ms
    return bars
