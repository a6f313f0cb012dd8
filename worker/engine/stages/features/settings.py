"""Settings of the features stage: none, since an indicator's period is part of its name."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


class Params(NamedTuple):
    """What the kernel gets of the settings."""


class Settings(BaseModel):
    """Settings of the features stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def params(self) -> Params:
        """The kernel's parameters."""
        return Params()
