"""Settings of the patterns stage: none, the definitions are fixed."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


# Named for its stage: numba resolves two equal-looking named tuples of one name on its slow path, 2 ms a call.
class PatternParams(NamedTuple):
    """What the kernel gets of the settings."""


class Settings(BaseModel):
    """Settings of the patterns stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def params(self) -> PatternParams:
        """The kernel's parameters."""
        return PatternParams()
