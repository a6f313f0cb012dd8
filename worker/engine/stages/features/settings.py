"""Settings of the features stage: none, since an indicator's period is part of its name."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path, 2 ms per call.
class FeatureParams(NamedTuple):
    """Parameters of the kernel."""


class Settings(BaseModel):
    """Settings of the features stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def params(self) -> FeatureParams:
        """Return the kernel's parameters."""
        return FeatureParams()
