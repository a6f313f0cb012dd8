"""The timeframes, and their weights in the fusion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

# Each length divides the next, so that the active ones are always the last of the list.
TIMEFRAMES = ("5m", "15m", "1h", "4h", "1d")
LENGTHS = np.array([300_000, 900_000, 3_600_000, 14_400_000, 86_400_000], dtype=np.int64)  # ms


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path, 2 ms per call.
class TimeframeParams(NamedTuple):
    """Parameters of the kernel."""

    weights: tuple[float, ...]  # base timeframe, then TIMEFRAMES; an array argument would cost more than the step
    full_adx: float
    min_coverage: float


class Settings(BaseModel):
    """Settings of the higher timeframes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    weight_base: float = Field(default=1.0, ge=0, le=100, description="weight of the bars' own timeframe")
    weight_5m: float = Field(default=1.0, ge=0, le=100, description="weight of five minutes")
    weight_15m: float = Field(default=1.5, ge=0, le=100, description="weight of a quarter of an hour")
    weight_1h: float = Field(default=2.0, ge=0, le=100, description="weight of an hour")
    weight_4h: float = Field(default=2.0, ge=0, le=100, description="weight of four hours")
    weight_1d: float = Field(default=1.5, ge=0, le=100, description="weight of a day")
    full_adx: float = Field(default=25.0, gt=0, le=100, description="ADX14 from which a direction counts in full")
    min_coverage: float = Field(
        default=0.5, ge=0, le=1, description="share of its possible bars below which a closed bucket is partial"
    )

    def params(self) -> TimeframeParams:
        """Return the kernel's parameters."""
        weights = (self.weight_base, *(getattr(self, f"weight_{name}") for name in TIMEFRAMES))
        return TimeframeParams(weights, self.full_adx, self.min_coverage)
