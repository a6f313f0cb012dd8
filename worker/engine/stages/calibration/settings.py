"""Settings of calibration and the parameters of its kernel."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class CalibrationParams(NamedTuple):
    """Parameters of the kernel."""

    enabled: bool
    min_labels: int
    refit_labels: int


class Settings(BaseModel):
    """A probability in place of the raw confidence, once enough signals have been labelled (domain §7.3)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=False, description="whether confidence is calibrated per symbol")
    min_labels: int = Field(
        default=100, ge=10, le=1_000_000, description="labels before which the raw confidence is published"
    )
    refit_labels: int = Field(default=50, ge=1, le=1_000_000, description="labels between two fits")

    def params(self) -> CalibrationParams:
        """Return the kernel's parameters."""
        return CalibrationParams(**self.model_dump())
