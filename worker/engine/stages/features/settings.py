"""Settings of the features stage: none, since an indicator's period is part of its name."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


# Named for its stage: numba resolves two equal-looking named tuples of one name on its slow path, 2 ms a call.
class FeatureParams(NamedTuple):
    """What the kernel gets of the settings."""


class Settings(BaseModel):
    """Settings of the features stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def params(self) -> FeatureParams:
        """The kernel's parameters."""
        return FeatureParams()
