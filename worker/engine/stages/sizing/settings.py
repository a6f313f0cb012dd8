"""Parameters of the sizing stage."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class SizingParams(NamedTuple):
    """Parameters of the kernel."""

    risk_fraction: float
    full_score: float
    stop_atr: float
    target_atr: float


class Settings(BaseModel):
    """Risk of a position and the distances of its stop and target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    risk_fraction: float = Field(
        default=0.005, gt=0, le=1, description="loss at the stop of a full position, fraction of the budget"
    )
    full_score: float = Field(
        default=0.70,
        gt=0,
        le=1,
        description="|final| at which a position has full size while confidence is not calibrated",
    )
    stop_atr: float = Field(default=2.5, gt=0, le=100, description="distance of the stop from the entry, ATRs")
    target_atr: float = Field(default=4.0, gt=0, le=100, description="distance of the target from the entry, ATRs")

    def params(self) -> SizingParams:
        """Return the kernel's parameters."""
        return SizingParams(self.risk_fraction, self.full_score, self.stop_atr, self.target_atr)
