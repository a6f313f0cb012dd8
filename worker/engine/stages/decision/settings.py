"""Parameters of the decision stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from worker.engine.profiles import EQUITY, PROFILES, Profile, either

REGIMES = 6


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class DecisionParams(NamedTuple):
    """Parameters of the kernel."""

    enter: NDArray[np.float64]  # by asset class (`inst.class_row`) and regime code
    hold: float
    max_holding: int
    trail_after: float
    trail_atr: float
    reduce_below: float
    reduce_scale: float


class Settings(BaseModel):
    """Entry thresholds by regime, hysteresis, holding time, trailing stop and reduction (domain §8.1, §10).

    With the profiles' thresholds every regime opens on 1 to 10% of its bars on real series from 1m to 1d
    (`profiles.table`): the components agree far more often in a trend than in a wild range. In a crisis the score is 0
    and nothing is opened.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    detail: Literal["compact", "full"] = Field(
        default="compact", description="`full` publishes all features and contributions in every decision"
    )
    enter_score: tuple[float, float, float, float, float, float] | None = Field(
        default=None,
        description="|final| from which a position is opened: unknown, trend up, trend down, range, high volatility, "
        "crisis",
    )
    hold_score: float = Field(default=0.10, ge=0, le=1, description="signed final below which a position is closed")
    max_holding_bars: int = Field(default=96, ge=1, le=1_000_000, description="bars after which a position is closed")
    trail_after_atr: float = Field(
        default=1.5, ge=0, le=100, description="gain of the best close that starts the trailing stop, ATRs of the entry"
    )
    trail_atr: float = Field(
        default=2.0, gt=0, le=100, description="distance of the trailing stop from the best close, ATRs"
    )
    reduce_below: float = Field(
        default=0.70,
        gt=0,
        le=1,
        description="target quantity, as a fraction of the held one, below which it is reduced",
    )
    reduce_scale: float = Field(
        default=0.90,
        gt=0,
        le=1,
        description="g, as a fraction of g at the last sizing, below which it is reduced to the target",
    )

    @model_validator(mode="after")
    def _thresholds(self) -> Self:
        if self.enter_score is not None and not all(0.0 < score <= 1.0 for score in self.enter_score):
            raise ValueError("enter_score must lie in (0, 1]")
        least = min(min(either(self.enter_score, profile.enter_score)) for profile in PROFILES.values())
        if self.hold_score > least:
            raise ValueError(f"hold_score must not exceed any enter_score; the least is {least:g}")
        return self

    def params(self, profiles: Sequence[Profile] = (EQUITY,)) -> DecisionParams:
        """Return the kernel's parameters: a row of thresholds for each of `profiles`."""
        return DecisionParams(
            enter=np.array([either(self.enter_score, profile.enter_score) for profile in profiles]),
            hold=self.hold_score,
            max_holding=self.max_holding_bars,
            trail_after=self.trail_after_atr,
            trail_atr=self.trail_atr,
            reduce_below=self.reduce_below,
            reduce_scale=self.reduce_scale,
        )
