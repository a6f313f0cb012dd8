"""Parameters of the virtual execution: costs, participation and cool-down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from worker.engine.profiles import EQUITY, Profile, either

BPS = 1e4

COSTS = np.dtype(
    [
        ("spread_and_slip", "f8"),  # fractions of the price
        ("slip", "f8"),
        ("fee", "f8"),
        ("participation", "f8"),
        ("cool_down", "i8"),
        ("stop_cool_down", "i8"),
        ("gap_fills", "?"),  # an open beyond stop or target fills an opening order
    ],
    align=True,
)


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class ExecutionParams(NamedTuple):
    """Parameters of the kernel."""

    rows: NDArray[Any]  # COSTS, one row per asset class: `inst.class_row`


class Settings(BaseModel):
    """Costs and limits of the virtual fills (domain §10)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    half_spread_bps: float | None = Field(
        default=None, ge=0, le=1_000, description="half the bid-ask spread, basis points of the price"
    )
    slippage_bps: float | None = Field(
        default=None, ge=0, le=1_000, description="slippage of market and stop orders, basis points"
    )
    fee_bps: float | None = Field(
        default=None, ge=0, le=1_000, description="fee on each side, basis points of the notional"
    )
    participation: float | None = Field(
        default=None, ge=0, le=1, description="most of a bar's volume that an order at the open may take; 0 = no limit"
    )
    cool_down_bars: int = Field(
        default=3,
        ge=0,
        le=100_000,
        description="bars after that of a close on which nothing is opened, that bar included; 0 = none",
    )
    stop_cool_down_bars: int = Field(default=12, ge=0, le=100_000, description="the same after a stop-out, bars")

    gap: Literal["cancel", "fill"] = Field(
        default="cancel",
        description="what an open beyond the stop or target of an opening order does to it",
    )

    def params(self, profiles: Sequence[Profile] = (EQUITY,)) -> ExecutionParams:
        """Return the kernel's parameters: a row for each of `profiles`."""
        return ExecutionParams(np.array([self._costs(profile) for profile in profiles], COSTS))

    def costs(self, profile: Profile) -> Any:
        """Return the costs of one class, as a row of COSTS."""
        return np.array([self._costs(profile)], COSTS)[0]

    def _costs(self, profile: Profile) -> tuple[float, float, float, float, int, int, bool]:
        half_spread = either(self.half_spread_bps, profile.half_spread_bps)
        slippage = either(self.slippage_bps, profile.slippage_bps)
        return (
            (half_spread + slippage) / BPS,
            slippage / BPS,
            either(self.fee_bps, profile.fee_bps) / BPS,
            either(self.participation, profile.participation),
            self.cool_down_bars,
            self.stop_cool_down_bars,
            self.gap == "fill",
        )
