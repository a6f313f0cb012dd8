"""A market that rises and crashes, and limits that only the crash trips."""

from __future__ import annotations

from typing import Any

import numpy as np

from schemas.tick import Tick, encode_tick
from tests.support.portfolio import MINUTE, START

Raw = tuple[bytes, bytes, int]  # key, value and timestamp of a record
CRASH = START + 23 * 60 * MINUTE + 30 * MINUTE  # half an hour before the next UTC day
# So large that only a crash trips the kill.
CALM: dict[str, Any] = {
    "returns": "5m",
    "day_block": 0.005,
    "day_kill": 0.01,
    "drawdown_soft": 0.5,
    "drawdown_hard": 0.9,
    **dict.fromkeys(("max_group", "max_cluster", "max_net", "max_gross"), 5.0),
    **dict.fromkeys(("max_var99", "max_es99"), 1.0),
}


def tick(symbol: str, ts: int, close: float, interval: str = "1m", opened: float | None = None) -> Raw:
    """A record of a topic, of a bar from `opened` to `close`."""
    first = close if opened is None else opened
    value = encode_tick(Tick(symbol, ts, first, max(first, close), min(first, close), close, 1e6, interval), {})
    return symbol.encode(), value, ts + MINUTE


def crashing(symbols: int = 8, before: int = 300, after: int = 90, seed: int = 3) -> list[Raw]:
    """Minutes of symbols that rise; at `CRASH` every other one opens 30% lower, and then stands."""
    records = []
    for at in range(symbols):
        rng, close = np.random.default_rng([seed, at]), 100.0
        for bar in range(-before, after):
            opened = close * (0.7 if bar == 0 and at % 2 else 1.0)
            drift = 0.0 if bar >= 0 and at % 2 else 0.0008
            close = opened * float(np.exp(drift + 0.0012 * rng.standard_normal()))
            records.append(tick(f"S{at:02d}", CRASH + bar * MINUTE, round(close, 4), opened=round(opened, 4)))
    return records
