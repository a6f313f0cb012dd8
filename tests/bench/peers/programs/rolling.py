"""What every Python peer does with a bar: the OHLC check and a rolling z-score in plain Python."""

from __future__ import annotations

import math
from typing import Any

WINDOW = 100


def consistent(open_: float, high: float, low: float, close: float, volume: float) -> bool:
    """Whether a bar's prices can belong together."""
    return low <= min(open_, close) and max(open_, close) <= high and volume >= 0


def checked(bar: dict[str, Any]) -> dict[str, Any]:
    """The output of `pass`."""
    ok = consistent(bar["open"], bar["high"], bar["low"], bar["close"], bar["volume"])
    return {"symbol": bar["symbol"], "ts": bar["ts"], "close": bar["close"], "ok": ok}


def window() -> dict[str, Any]:
    """An empty window; plain JSON, so that every framework can keep it."""
    return {"ring": [], "oldest": 0, "sum": 0.0, "squares": 0.0}


def z_score(state: dict[str, Any], x: float) -> float:
    """Add x to the window of the last 100; the z-score of x in it, population variance, 0 where that vanishes."""
    ring, total, squares = state["ring"], state["sum"] + x, state["squares"] + x * x
    if len(ring) == WINDOW:
        at = state["oldest"]
        old = ring[at]
        total -= old
        squares -= old * old
        ring[at] = x
        state["oldest"] = (at + 1) % WINDOW
    else:
        ring.append(x)
    state["sum"], state["squares"] = total, squares
    n = len(ring)
    mean = total / n
    variance = squares / n - mean * mean
    score: float = (x - mean) / math.sqrt(variance) if variance > 1e-12 else 0.0
    return score
