"""Settings of normalization and the parameters of its kernel."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from worker.engine.history import CAPACITY


class Method(IntEnum):
    """The scaling method."""

    zscore = 0
    minmax = 1
    robust = 2


class Params(NamedTuple):
    """Parameters of the kernel."""

    method: int
    window: int
    min_points: int
    include_current: bool
    log_volume: bool
    clip: float


class Settings(BaseModel):
    """Scaling of bars by their recent past (domain §2)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    method: Literal["zscore", "minmax", "robust"] = Field(
        default="zscore",
        description="zscore: (x - mean) / sigma; minmax: (x - min) / (max - min); robust: (x - median) / (q75 - q25)",
    )
    window: int = Field(default=100, ge=2, le=CAPACITY - 2, description="accepted bars in the window")
    min_points: int = Field(default=20, ge=2, description="bars before the output is ready; at most `window`")
    include_current: bool = Field(default=True, description="whether the window ends with the current bar")
    volume_transform: Literal["none", "log1p"] = Field(
        default="none", description="none, or ln(1 + volume) before volumes are normalized"
    )
    clip: float = Field(default=10.0, gt=0, description="largest magnitude of an output")

    @model_validator(mode="after")
    def _reachable(self) -> Settings:
        if self.min_points > self.window:
            raise ValueError("min_points must not exceed window, or the output would never be ready")
        return self

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return Params(
            int(Method[self.method]),
            self.window,
            self.min_points,
            self.include_current,
            self.volume_transform == "log1p",
            self.clip,
        )
