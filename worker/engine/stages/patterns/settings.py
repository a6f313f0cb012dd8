"""Settings of the patterns stage: none, the definitions are fixed."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


class Params(NamedTuple):
    """What the kernel gets of the settings."""


class Settings(BaseModel):
    """Settings of the patterns stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def params(self) -> Params:
        """The kernel's parameters."""
        return Params()
