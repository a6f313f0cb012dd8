"""Parameters of ingestion."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.tick import interval_ms


class Settings(BaseModel):
    """Limits and defaults of records."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval: str = Field("1m", description="bar length of records and symbols that state none")
    max_payload_bytes: int = Field(1_000_000, ge=1_024, description="larger values are rejected (payload_too_large)")
    max_symbols: int = Field(
        200_000, ge=1, description="per partition; further new symbols are rejected (symbol_limit)"
    )

    @field_validator("interval")
    @classmethod
    def _known_interval(cls, value: str) -> str:
        interval_ms(value)
        return value
