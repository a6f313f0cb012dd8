"""Parameters of ingestion."""

from __future__ import annotations

import keyword
import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.tick import Tick, interval_ms

MOST_EXTRA = 16
EXTRA = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
# Of a tick, and of a file's columns.
TAKEN = frozenset({*Tick.__struct_fields__, "clock", "ingest_ts"})


class Settings(BaseModel):
    """Limits and defaults of records."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval: str = Field("1m", description="bar length of records and symbols that state none")
    max_payload_bytes: int = Field(1_000_000, ge=1_024, description="larger values are rejected (payload_too_large)")
    max_symbols: int = Field(
        200_000, ge=1, description="per partition; further new symbols are rejected (symbol_limit)"
    )

    extra: tuple[str, ...] = Field(
        (),
        max_length=MOST_EXTRA,
        description="further numbers of a tick, by name, that a strategy reads as `c.extra`; not in the `config_hash`, "
        "as the strategy's source says which it reads",
    )

    @field_validator("extra")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return check_extra(names)

    @field_validator("interval")
    @classmethod
    def _known_interval(cls, value: str) -> str:
        interval_ms(value)
        return value


def check_extra(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names that extra columns may have.

    Raises:
        ValueError: one is no name, is taken, or stands there twice.
    """
    if len(names) > MOST_EXTRA:
        raise ValueError(f"{len(names)} extra columns: at most {MOST_EXTRA} reach a strategy")
    for name in names:
        if not EXTRA.fullmatch(name) or keyword.iskeyword(name):
            raise ValueError(
                f"{name!r} can't be the name of an extra column: take up to 32 letters, digits and _, a letter first"
            )
        if name in TAKEN:
            raise ValueError(f"{name!r} can't be the name of an extra column: it is one of the bar's own")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the extra column {twice!r} is named twice")
    return names
