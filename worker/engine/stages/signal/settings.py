"""Parameters of the rule ensemble."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from worker.engine.stages.signal.components import COMPONENTS

Weights = tuple[float, ...]


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class SignalParams(NamedTuple):
    """Parameters of the kernel."""

    weights: NDArray[np.float64]  # (regime code, component)
    model_weight: float  # ω of the blend


class Settings(BaseModel):
    """Weights of the components (order of `COMPONENTS`) in each regime (domain §7.1).

    An unknown regime uses the high-volatility weights, the least one-sided ones; in a crisis the
    score is 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trend: Weights = Field(
        default=(2.0, 1.0, 0.0, 1.0, 0.0, 1.5, 0.5, 0.5, 1.5, 0.5, 0.5), description="weights while the market trends"
    )
    range: Weights = Field(
        default=(0.5, 0.5, 1.5, 0.0, 1.5, 0.5, 1.0, 1.0, 0.5, 0.5, 0.5), description="weights while the market ranges"
    )
    high_vol: Weights = Field(
        default=(1.0, 0.5, 0.5, 0.0, 0.5, 1.0, 0.5, 0.5, 1.0, 0.5, 0.5),
        description="weights in a wild range or an unknown regime",
    )

    model_weight: float = Field(default=0.5, ge=0, le=1, description="share of the model in `final` where it has a say")

    @field_validator("trend", "range", "high_vol")
    @classmethod
    def _one_weight_a_component(cls, weights: Weights) -> Weights:
        if len(weights) != len(COMPONENTS):
            raise ValueError(f"needs {len(COMPONENTS)} weights, one for each of {', '.join(COMPONENTS)}")
        if not all(0.0 <= w <= 100.0 for w in weights) or sum(weights) <= 0.0:
            raise ValueError("weights must lie in 0..100 and not all be 0")
        return weights

    def params(self) -> SignalParams:
        """Return the kernel's parameters: one row per regime, in the order of their codes."""
        crisis = (0.0,) * len(COMPONENTS)
        weights = np.array([self.high_vol, self.trend, self.trend, self.range, self.high_vol, crisis])
        return SignalParams(weights, self.model_weight)
