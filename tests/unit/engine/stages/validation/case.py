"""A symbol with some ordinary history, to which one more bar can be shown."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.drive import Symbol, make_bars
from worker.engine.bar import BAR
from worker.engine.reasons import Reject, codes
from worker.engine.stages.validation import Settings

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MONDAY = 1_699_833_600_000  # 2023-11-13 00:00 UTC


class Case:
    """`bars` accepted bars around price 100 with returns of about 0.1 %, then whatever a test shows."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        bars: int = 60,
        interval_ms: int = MINUTE,
        start: int = MONDAY + 14 * HOUR,
        **instrument: float,
    ) -> None:
        self.symbol = Symbol(settings)
        for name, value in instrument.items():
            self.symbol.instrument[name] = value
        closes = 100 * np.exp(np.cumsum(1e-3 * np.random.default_rng(7).normal(size=bars)))
        history = make_bars(closes, interval_ms=interval_ms, start=start)
        verdicts = self.symbol.feed(history)["validation"]
        assert verdicts["accepted"].all()
        self.last = history[-1] if bars else np.zeros(1, BAR)[0]
        self.interval_ms, self.start = interval_ms, start

    @property
    def own(self) -> Any:
        """Validation's part of the state."""
        return self.symbol.state["validation"][0]

    @property
    def cp(self) -> float:
        """The price reference."""
        return float(self.own["last"]["close"])

    @property
    def sigma(self) -> float:
        return float(self.own["sigma"])

    def bar(self, *, after: int = 1, **fields: float) -> Any:
        """A bar `after` intervals after the last accepted one, flat at the reference, but for `fields`."""
        row = np.zeros(1, BAR)[0]
        known = self.own["accepted"] > 0
        row["ts"] = int(self.own["last"]["ts"]) + after * self.interval_ms if known else self.start
        row["interval_ms"] = self.interval_ms
        for name in ("open", "high", "low", "close"):
            row[name] = self.cp if known else 100.0
        row["volume"] = 1_000.0
        for name, value in fields.items():
            row[name] = value
        if "high" not in fields:
            row["high"] = max(row["open"], row["close"], row["high"])
        if "low" not in fields:
            row["low"] = min(row["open"], row["close"], row["low"])
        if "ingest_ts" not in fields:
            row["ingest_ts"] = row["ts"] + row["interval_ms"]
        return row

    def show(self, row: Any = None, **fields: Any) -> Any:
        """The verdict on `row`, or on the `bar` of these fields."""
        if row is None:
            row = self.bar(**fields)
        return self.symbol.feed(np.array([row], dtype=BAR))["validation"][0]

    def codes(self, row: Any = None, **fields: Any) -> set[str]:
        """Names of the codes in the verdict."""
        return set(names(self.show(row, **fields)))


def names(verdict: Any) -> list[str]:
    """Names of the codes of a verdict."""
    return codes(int(verdict["mask"]))


def has(verdict: Any, code: Reject) -> bool:
    """Whether a verdict carries this code."""
    return bool(int(verdict["mask"]) >> code & 1)
