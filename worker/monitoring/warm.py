"""The compilation of the kernels before the monitor joins its group: the heartbeats would stand still meanwhile."""

from __future__ import annotations

from typing import Any

import msgspec

from worker.engine.settings import EngineSettings
from worker.risk.book.window import MIN_RETURNS
from worker.risk.monitor import Monitor
from worker.risk.settings import RiskSettings

STEP = 60_000  # ms
BEGIN = 1_700_000_040_000  # on the grid, epoch ms
RISK: dict[str, Any] = {"step": "1m", "returns": "1m"}


def warm_up() -> None:
    """Take steps of two symbols that move apart, until both are modelled."""
    monitor = Monitor(RiskSettings.model_validate(RISK), EngineSettings(), 1)
    for step in range(MIN_RETURNS + 2):
        ts = BEGIN + step * STEP
        for at, close in enumerate((100.0 + step % 3, 50.0 + step % 5)):
            monitor.take(0, 2 * step + at, _decision(f"S{at}", ts, close))
        monitor.advance(ts + STEP)


def _decision(symbol: str, ts: int, close: float) -> bytes:
    position = {"state": "long", "qty": 1.0, "realised": 0.0, "unrealised": 0.0}
    return msgspec.json.encode(
        {
            "symbol": symbol,
            "config_hash": "",
            "ts": ts,
            "close_ts": ts + STEP,
            "action": "hold",
            "side": 0,
            "qty": 0.0,
            "bar": {"open": close, "close": close},
            "position": position,
            "risk": {"sigma_ann": 0.2},
            "quality": {"mask": 0},
        }
    )
