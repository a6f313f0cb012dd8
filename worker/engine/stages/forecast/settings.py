"""Settings of the forecast and the parameters of its kernel."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

HOLT, AR2 = range(2)


class Method(IntEnum):
    """The forecasting model."""

    holt = HOLT
    ar2 = AR2


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class ForecastParams(NamedTuple):
    """Parameters of the kernel."""

    enabled: bool
    method: int
    alpha: float
    beta: float
    phi: float
    min_bars: int


class Settings(BaseModel):
    """Expected log return over the next 12 bars (domain §7.5)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: bool = Field(default=False, description="whether returns are forecast")
    method: Literal["holt", "ar2"] = Field(
        default="holt",
        description="holt: damped trend of ln c; ar2: autoregression of returns in units of sigma_ref, learned online",
    )
    alpha: float = Field(default=0.2, gt=0, lt=1, description="holt: share of the newest value in the level")
    beta: float = Field(default=0.05, gt=0, lt=1, description="holt: share of the newest step in the trend")
    phi: float = Field(default=0.95, gt=0, lt=1, description="holt: damping of the trend, a bar")
    min_bars: int = Field(default=100, ge=3, le=1_000_000, description="bars forecast before one is published")

    def params(self) -> ForecastParams:
        """Return the kernel's parameters."""
        return ForecastParams(**self.model_dump() | {"method": int(Method[self.method])})
