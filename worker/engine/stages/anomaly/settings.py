"""Settings of anomaly detection and the parameters of its kernel."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class AnomalyParams(NamedTuple):
    """Parameters of the kernel."""

    enabled: bool
    threshold: float
    min_bars: int


class Settings(BaseModel):
    """Mahalanobis distance of a bar from the recent ones (domain §7.5)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: bool = Field(default=False, description="whether anomalies are looked for")
    threshold: float = Field(
        default=22.458, gt=0, description="squared distance above which a bar is an anomaly (χ² of 6, 0.999)"
    )
    min_bars: int = Field(default=100, ge=8, le=1_000_000, description="bars in the cloud before one is judged")

    def params(self) -> AnomalyParams:
        """Return the kernel's parameters."""
        return AnomalyParams(**self.model_dump())
