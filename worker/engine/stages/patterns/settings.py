"""Settings of the patterns stage: none, as the definitions are fixed."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path, 2 ms per call.
class PatternParams(NamedTuple):
    """Parameters of the kernel."""


class Settings(BaseModel):
    """Settings of the patterns stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def params(self) -> PatternParams:
        """Return the kernel's parameters."""
        return PatternParams()
