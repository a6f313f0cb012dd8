"""What the portfolio reads of a decision: a tenth of its fields, so that decoding is cheap."""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.decision import Action
from worker.engine.reasons import Reject

LEVEL_SHIFT = 1 << Reject.level_shift_accepted
CORPORATE_ACTION = 1 << Reject.corporate_action
# Prices before and after this bar are not of one level: a return across it is none.
NEW_REFERENCE = LEVEL_SHIFT | 1 << Reject.reference_expired | CORPORATE_ACTION

LARGEST = 1e60  # of an amount, price or quantity: products of three are finite
LATEST = 1 << 53  # epoch ms UTC


class _Bar(msgspec.Struct, gc=False):
    open: float
    close: float


class _Position(msgspec.Struct, gc=False):
    state: Literal["flat", "long", "short"]
    qty: float
    realised: float
    unrealised: float


class _Risk(msgspec.Struct, gc=False):
    sigma_ann: float | None


class _Quality(msgspec.Struct, gc=False):
    mask: int


class Decided(msgspec.Struct, gc=False):
    """The fields of one decision, as published."""

    symbol: str
    config_hash: str
    ts: int
    close_ts: int
    action: Action
    side: int
    qty: float
    bar: _Bar
    position: _Position
    risk: _Risk
    quality: _Quality

    def __post_init__(self) -> None:
        position, bar = self.position, self.bar
        values = (self.qty, bar.open, bar.close, position.qty, position.realised, position.unrealised)
        if not (max(values) < LARGEST and min(values) > -LARGEST):
            raise ValueError("a value is beyond all bounds: sums with it would be infinite")
        if not 0 < self.ts < self.close_ts < LATEST or abs(self.side) > 1:
            raise ValueError("a time or a side is none")

    @property
    def held(self) -> float:
        """Signed quantity of the position after the bar."""
        return -self.position.qty if self.position.state == "short" else self.position.qty

    @property
    def ordered(self) -> float:
        """Signed quantity once the order for the next open is filled."""
        return 0.0 if self.action == "close" else self.held + self.side * self.qty

    @property
    def suspect(self) -> bool:
        """Whether the result of this bar comes from a new level of prices (domain §1.5)."""
        return bool(self.quality.mask & LEVEL_SHIFT)

    @property
    def new_reference(self) -> bool:
        """Whether prices before and after this bar can't be compared."""
        return bool(self.quality.mask & NEW_REFERENCE)

    @property
    def rescaled(self) -> bool:
        """Whether a corporate action changed quantity and prices before this bar."""
        return bool(self.quality.mask & CORPORATE_ACTION)


class Arrived(msgspec.Struct, array_like=True, gc=False):
    """A decision and its offset in its partition, which orders those of a symbol."""

    offset: int
    decided: Decided
    partition: int = -1  # -1 in a state of a former release


decode = msgspec.json.Decoder(Decided).decode
