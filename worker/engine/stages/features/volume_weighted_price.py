"""F19 and F20: the close's distance to the volume weighted average price of the session and of 20 bars."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite, ratio
from worker.engine.stages.features.facts import fact
from worker.engine.stages.features.parts import Feature
from worker.engine.stages.features.volume_window import PERIOD, VolumeWindow

DAY_MS = 86_400_000
STATE = np.dtype([("session", "i8"), ("money", "f8"), ("volume", "f8")], align=True)  # session = day of its start
FEATURES = (
    Feature(
        "F19",
        "vwap_sess_dev",
        1,
        "c/VWAP - 1, VWAP = Σ TP·v / Σ v since the start of the UTC day plus the symbol's session offset; "
        "TP without volume",
        "TA-Lib VWAP",
    ),
    Feature("F20", "vwap_20_dev", 20, "c/VWAP - 1, VWAP over 20 bars; TP without volume", "TA-Lib VWMA of TYPPRICE"),
)


@embedded
def _deviation(close: float, money: float, volume: float, typical: float) -> float:
    average = ratio(money, volume, typical)
    return finite(ratio(close, average, 1.0) - 1.0)


@embedded
def _advance(own: Any, n: int, ts: int, typical: float, volume: float, offset_ms: int) -> None:
    session = (ts - offset_ms) // DAY_MS
    if n == 1 or session != own.session:
        own.session = session
        own.money = own.volume = 0.0
    own.money += typical * volume
    own.volume += volume


@embedded
def update(own: Any, facts: Any, history: Any, row: Any, volumes: VolumeWindow, offset_ms: int, out: Any) -> None:
    """Write c/VWAP - 1 (TA-Lib VWAP within a session, VWMA of TYPPRICE over 20 bars); 0 at an average of 0."""
    typical = fact(facts, history, 0).typical
    _advance(own, history.count, row.ts, typical, row.volume, offset_ms)
    out.vwap_sess_dev = _deviation(row.close, own.money, own.volume, typical)
    out.vwap_20_dev = math.nan
    if history.count >= PERIOD:
        out.vwap_20_dev = _deviation(row.close, volumes.money, volumes.volume, typical)
