"""`risk.control`: limits set by the portfolio risk monitor (compacted; key = symbol or `*`)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class CorporateAction(msgspec.Struct, omit_defaults=True):
    """A split: prices are multiplied by `price_factor` from `ex_ts` on."""

    ex_ts: int
    price_factor: Annotated[float, Meta(gt=0)]


class Control(msgspec.Struct, omit_defaults=True):
    """Limits for one symbol, or for all (`*`); they hold from the first bar with `ts` ≥ `effective_ts`."""

    key: str
    version: Annotated[int, Meta(ge=1, description="grows with each record of the key")]
    effective_ts: Annotated[int, Meta(description="epoch ms UTC")]
    risk_mult: Annotated[float, Meta(ge=0, le=1)] = 1.0
    max_notional: Annotated[float, Meta(ge=0, description="quote currency")] | None = None
    allow_open: bool = True
    kill: Literal["none", "close_all"] = "none"
    corp_action: CorporateAction | None = None
    reason: str = ""
