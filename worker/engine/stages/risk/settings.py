"""Parameters of the risk stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from worker.engine.profiles import EQUITY, Profile, either
from worker.engine.stages.risk.control import LIMITS

MINUTE_MS = 60_000
HOUR_MS = 3_600_000

CLASS = np.dtype(
    [
        ("budget", "f8"),  # quote currency
        ("sigma_target", "f8"),
        ("vol_gate", "f8"),  # × the symbol's own median volatility
        ("liquidity", "f8"),  # fraction of the mean traded value; 0 = no limit
        ("year_days", "f8"),
        ("day_ms", "f8"),  # ms of open time
    ],
    align=True,
)


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class RiskParams(NamedTuple):
    """Parameters of the kernel."""

    rows: NDArray[Any]  # CLASS, one row per asset class: `inst.class_row`
    max_sigma: float
    dd_soft: float
    dd_hard: float
    dd_limit: float
    dd_cool_down: int
    position_limit: float
    regime_scale: NDArray[np.float64]  # by regime code
    control_max_age_ms: int
    control_max_intervals: int
    limits: NDArray[Any]  # LIMITS, shape (rows,): `out.control` is a record's row


class Settings(BaseModel):
    """Budget, volatility target, drawdown limits, scale factors and the static control limits (domain §8, §9)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    budget: float | None = Field(default=None, gt=0, le=1e15, description="equity base of a symbol, quote currency")
    sigma_target: float | None = Field(
        default=None, gt=0, le=10, description="annual volatility a full position is scaled to"
    )
    vol_gate: float | None = Field(
        default=None,
        gt=0,
        le=1_000,
        description="nothing is opened above this multiple of the median of the symbol's own last 250 volatilities",
    )
    max_sigma: float | None = Field(
        default=None,
        gt=0,
        le=1_000,
        description="annual volatility above which nothing is opened, whatever the symbol's own; none = no such limit",
    )
    year_days: float | None = Field(
        default=None, gt=0, le=366, description="trading days a year, where an instrument has no bars_per_year"
    )
    day_hours: float | None = Field(
        default=None, gt=0, le=24, description="open hours of a trading day, for the same: bars a year from both"
    )
    dd_soft: float = Field(
        default=0.05, ge=0, lt=1, description="drawdown from which sizes shrink, fraction of the peak equity"
    )
    dd_hard: float = Field(default=0.15, gt=0, le=1, description="drawdown at which the position is closed")
    dd_spent: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="the hard limit counts as reached when the drawdown's size factor is down to this: sizes shrink so "
        "much before it that a symbol would never reach it, nor get out again",
    )
    dd_cool_down_bars: int = Field(
        default=500,
        ge=0,
        le=1_000_000,
        description="bars without opens after it; the peak then restarts at the equity left",
    )
    liquidity: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="largest notional, fraction of the mean traded value of 20 bars; 0 = no limit",
    )
    position_limit: float = Field(default=0.20, gt=0, le=10, description="largest notional, fraction of the budget")
    max_notional: float | None = Field(
        default=None, ge=0, description="the same in quote currency; none = position_limit of the budget alone"
    )
    scale_trend: float = Field(default=1.0, ge=0, le=1, description="size factor while the market trends")
    scale_range: float = Field(default=0.7, ge=0, le=1, description="size factor while it ranges")
    scale_high_vol: float = Field(default=0.5, ge=0, le=1, description="size factor in a wild range")
    scale_unknown: float = Field(default=0.5, ge=0, le=1, description="size factor before the regime is known")
    control_max_age_minutes: int = Field(
        default=10, ge=1, le=10_000, description="age from which a control record is stale"
    )
    control_max_intervals: int = Field(
        default=3, ge=1, le=1_000, description="the same in bars; the longer of both counts"
    )

    @model_validator(mode="after")
    def _soft_below_hard(self) -> Self:
        if self.dd_soft >= self.dd_hard:
            raise ValueError("dd_soft must be smaller than dd_hard")
        return self

    def params(self, profiles: Sequence[Profile] = (EQUITY,)) -> RiskParams:
        """Return the kernel's parameters: a row for each of `profiles`, and the static control limits."""
        trend = self.scale_trend
        return RiskParams(
            rows=np.array([self._class(profile) for profile in profiles], CLASS),
            max_sigma=either(self.max_sigma, np.inf),
            dd_soft=self.dd_soft,
            dd_hard=self.dd_hard,
            dd_limit=self.dd_hard - self.dd_spent * (self.dd_hard - self.dd_soft),
            dd_cool_down=self.dd_cool_down_bars,
            position_limit=self.position_limit,
            regime_scale=np.array([self.scale_unknown, trend, trend, self.scale_range, self.scale_high_vol, 0.0]),
            control_max_age_ms=self.control_max_age_minutes * MINUTE_MS,
            control_max_intervals=self.control_max_intervals,
            limits=np.array([(0, 0, 0, 1.0, either(self.max_notional, np.inf), True, False)], LIMITS),
        )

    def _class(self, profile: Profile) -> tuple[float, ...]:
        return (
            either(self.budget, profile.budget),
            either(self.sigma_target, profile.sigma_target),
            either(self.vol_gate, profile.vol_gate),
            either(self.liquidity, profile.liquidity),
            either(self.year_days, profile.year_days),
            either(self.day_hours, profile.day_hours) * HOUR_MS,
        )
