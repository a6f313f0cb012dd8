"""The base of every group of settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Base of every group of settings: immutable, unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")
