"""Positions."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class PositionRow(msgspec.Struct):
    """A symbol's position, marked at its last close."""

    symbol: str
    state: str
    qty: float | None
    entry: float | None
    close: float | None
    stop: float | None
    target: float | None
    notional: Annotated[float | None, Meta(description="signed, quote currency")]
    unrealised: float | None
    realised: float | None
    bars_held: int | None
    close_ts: Annotated[int | None, Meta(description="epoch ms UTC")]
    share: Annotated[float | None, Meta(description="of the equity, signed, as the monitor of the portfolio says")]


class Positions(msgspec.Struct):
    """All positions, the largest first."""

    items: list[PositionRow]
    gross: Annotated[float | None, Meta(description="sum of the values; null where they are of several currencies")]
    net: Annotated[float | None, Meta(description="the same, signed")]
    currency: str | None
    complete: Annotated[bool, Meta(description="false: symbols that were silent for long are still looked for")]
