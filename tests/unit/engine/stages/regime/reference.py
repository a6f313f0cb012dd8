"""The market regime of domain §5 over plain lists: what the kernels must equal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class Reference:
    """One symbol's regime; `advance` takes the close and the features of a bar."""

    def __init__(self) -> None:
        self.trending = self.active = False
        self.sign = self.quiet = self.bucket = self.code = self.age = 0
        self.values: list[float] = []
        self.raw: list[int] = []

    def _trend(self, close: float, f: Any) -> None:
        if f["adx_14"] >= 25 and f["er_20"] >= 0.30:
            self.trending = True
        elif f["adx_14"] < 20 or f["er_20"] < 0.15:
            self.trending = False
        votes = np.sign(f["plus_di"] - f["minus_di"]) + np.sign(close - f["ema_50"])
        self.sign = int(votes / 2) if abs(votes) == 2 else self.sign

    def _volatility(self, value: float) -> float:
        previous = self.values[-250:]
        if len(previous) < 100 or math.isnan(value):
            self.bucket = 0
            return math.nan
        rank = sum(v < value for v in previous) / len(previous)
        was = self.bucket
        high, low = rank >= (0.70 if was == 3 else 0.80), rank <= (0.30 if was == 1 else 0.20)
        self.bucket = 3 if high else 1 if low else 2
        return float(np.median(previous))

    def _crisis(self, close: float, typical: float, f: Any) -> None:
        fallen = close <= f["don_hi"] * math.exp(-3 * f["rv_cc_20"] * math.sqrt(20))
        if f["vol_yz_20"] > 3 * typical or fallen:
            self.active, self.quiet = True, 0
            return
        self.quiet += 1
        self.active = self.active and self.quiet < 10

    def _raw(self, warm: bool) -> int:
        if self.active:
            return 5
        if not warm:
            return 0
        if self.trending and self.sign:
            return 1 if self.sign > 0 else 2
        return 4 if self.bucket == 3 else 3

    def advance(self, close: float, f: Any) -> tuple[int, int, int]:
        """(code, bucket, age) of this bar."""
        warm = not any(math.isnan(f[name]) for name in ("adx_14", "er_20", "ema_50"))
        if warm:
            self._trend(close, f)
        self._crisis(close, self._volatility(f["vol_yz_20"]), f)
        if not math.isnan(f["vol_yz_20"]):
            self.values.append(float(f["vol_yz_20"]))
        self.raw.append(self._raw(warm))
        self.age += 1
        raw = self.raw[-1]
        if raw != self.code and (raw == 5 or self.raw[-3:] == [raw] * 3):
            self.code, self.age = raw, 1
        return self.code, self.bucket, self.age
