"""The series: the index data of the package `arch`, and the LEAN data beside the repository where it is."""

from __future__ import annotations

import numpy as np

from tests.support import lean
from tests.support.lean import DAY, Array, bars
from tests.support.parity import DAILY, HOURLY, MINUTES
from worker.sources.datasets import DATASETS, read_dataset


def groups() -> dict[str, dict[str, Array]]:
    """BAR rows by name; a group is what one ONNX model is trained on, series of one bar length."""
    daily = {name: _dataset(name) for name in DATASETS}
    if not (lean.folder() / "data").is_dir():
        print(f"no market data at {lean.folder() / 'data'}: only the index data of arch is scored")
        return {"daily": daily}
    daily |= {name: lean.equity(name) for name in DAILY} | {"btcusd": lean.coinbase_daily()}
    minutes = {name: lean.minutes("equity/usa", name) for name in MINUTES}
    return {
        "daily": daily,
        "hourly": {name: lean.equity(name, "hour") for name in HOURLY},
        "minutes": minutes | {"btcusd": lean.minutes("crypto/coinbase", "btcusd")},
    }


def _dataset(name: str) -> Array:
    found = list(read_dataset(name, None))
    values = np.array([[bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in found])
    return bars(np.array([bar.ts for bar in found]), values, DAY)
