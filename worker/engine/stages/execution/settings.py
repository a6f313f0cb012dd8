"""Parameters of the virtual execution: costs, participation and cool-down."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

BPS = 1e4


# Named for its stage: numba resolves two equal-looking named tuples of one name on its slow path.
class ExecutionParams(NamedTuple):
    """What the kernel gets; costs as fractions of the price."""

    spread_and_slip: float
    slip: float
    fee: float
    participation: float
    cool_down: int
    stop_cool_down: int


class Settings(BaseModel):
    """Costs and limits of the virtual fills (domain §10)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    half_spread_bps: float = Field(
        default=1.0, ge=0, le=1_000, description="half the bid-ask spread, basis points of the price"
    )
    slippage_bps: float = Field(
        default=2.0, ge=0, le=1_000, description="slippage of market and stop orders, basis points"
    )
    fee_bps: float = Field(default=5.0, ge=0, le=1_000, description="fee on each side, basis points of the notional")
    participation: float = Field(
        default=0.10, ge=0, le=1, description="most of a bar's volume that an order at the open may take; 0 = no limit"
    )
    cool_down_bars: int = Field(
        default=3, ge=0, le=100_000, description="bars after a close on which nothing is opened"
    )
    stop_cool_down_bars: int = Field(default=12, ge=0, le=100_000, description="the same after a stop-out, bars")

    def params(self) -> ExecutionParams:
        """The kernel's view."""
        return ExecutionParams(
            spread_and_slip=(self.half_spread_bps + self.slippage_bps) / BPS,
            slip=self.slippage_bps / BPS,
            fee=self.fee_bps / BPS,
            participation=self.participation,
            cool_down=self.cool_down_bars,
            stop_cool_down=self.stop_cool_down_bars,
        )
