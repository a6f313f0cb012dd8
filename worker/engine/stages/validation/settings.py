"""Settings of validation and the parameters of its kernel."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from worker.engine.calendar import NONE, Calendars, CalendarSettings, compile_calendars
from worker.engine.stages.validation.state import CANDIDATES

TEN_DAYS = 864_000_000


class Limits(NamedTuple):
    """Validation's thresholds; times in ms."""

    max_price_change: float
    min_volume: float
    max_volume_multiplier: float
    recovery_bars: int
    clock_tolerance_ms: int
    ttl_intervals: int
    ttl_daily_intervals: int
    ttl_floor_ms: int
    backfill: bool


class Params(NamedTuple):
    """Parameters of the kernel. The array stays apart: passing it to every rule would cost more than the rule."""

    limits: Limits
    calendars: Calendars


class Settings(BaseModel):
    """Limits of an acceptable bar (domain §1.2)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_price_change: float = Field(
        default=0.5, gt=0, le=100, description="largest relative change of price against the previous accepted close"
    )
    min_volume: float = Field(default=0.0, ge=0, description="smallest volume of a bar, in base units")
    max_volume_multiplier: float = Field(
        default=100.0, gt=1, description="volume above this multiple of the mean of the last 50 bars is a spike"
    )
    recovery_bars: int = Field(
        default=3, ge=2, le=CANDIDATES + 1, description="consecutive quarantined bars that make a new price level"
    )
    clock_tolerance_ms: int = Field(
        default=5_000, ge=0, le=3_600_000, description="how far a bar may lie ahead of its record's timestamp, ms"
    )
    ttl_intervals: int = Field(
        default=50, ge=1, le=100_000, description="life of the price reference in intervals of open time"
    )
    ttl_daily_intervals: int = Field(
        default=10, ge=1, le=100_000, description="the same for intervals of a day or more, in bars"
    )
    ttl_floor_ms: int = Field(
        default=TEN_DAYS, ge=0, description="shortest life of the price reference without a calendar, ms (below a day)"
    )
    backfill: bool = Field(default=False, description="old bars are being loaded: do not mark them stale_bar")
    calendars: dict[str, CalendarSettings] = Field(
        default_factory=dict, description="session calendars by name; instruments refer to them"
    )

    def calendar_row(self, name: str | None) -> int:
        """Return the row of calendar `name` in the kernel's table; -1 for none.

        Raises:
            KeyError: it is not configured.
        """
        if name is None:
            return NONE
        return {known: row for row, known in enumerate(self.calendars)}[name]

    def params(self) -> Params:
        """Return the kernel's parameters."""
        limits = Limits(*(getattr(self, name) for name in Limits._fields))
        return Params(limits, compile_calendars(self.calendars.values()))
