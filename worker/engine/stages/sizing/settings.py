"""Parameters of the sizing stage."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field


class Params(NamedTuple):
    """What the kernel gets."""

    risk_fraction: float
    full_score: float
    stop_atr: float
    target_atr: float


class Settings(BaseModel):
    """Risk taken by a position and the distances of its stop and target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    risk_fraction: float = Field(
        0.005, gt=0, le=1, description="loss at the stop of a full position, fraction of the budget"
    )
    full_score: float = Field(
        0.70, gt=0, le=1, description="|final| at which a position has full size while confidence is not calibrated"
    )
    stop_atr: float = Field(2.5, gt=0, le=100, description="distance of the stop from the entry, ATRs")
    target_atr: float = Field(4.0, gt=0, le=100, description="distance of the target from the entry, ATRs")

    def params(self) -> Params:
        """The kernel's view."""
        return Params(self.risk_fraction, self.full_score, self.stop_atr, self.target_atr)
