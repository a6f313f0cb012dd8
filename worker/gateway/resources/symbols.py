"""Symbols."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Health = Annotated[
    Literal["ok", "silent", "quarantined"],
    Meta(description="silent: several open bar intervals without a bar; quarantined: its prices wait for confirmation"),
]


class SymbolRow(msgspec.Struct):
    """The newest decision of a symbol in short; null: the record lacks it."""

    symbol: str
    partition: int
    sequence: int | None
    close_ts: Annotated[int | None, Meta(description="epoch ms UTC")]
    close: float | None
    action: str | None
    state: Annotated[str | None, Meta(description="of the position: flat, long or short")]
    qty: float | None
    unrealised: float | None
    regime: str | None
    final: float | None
    confidence: float | None
    blocking: Annotated[str | None, Meta(description="code of the reason that kept a trade from happening")]
    health: Health


class SymbolList(msgspec.Struct):
    """Symbols by name; those that begin with what was searched come first."""

    items: list[SymbolRow]
    total: Annotated[int, Meta(description="of those that match")]
    complete: Annotated[bool, Meta(description="false: symbols that were silent for long are still looked for")]


class Marker(msgspec.Struct):
    """A bar at which something was ordered."""

    ts: int
    action: str
    side: int | None
    qty: float | None
    price: Annotated[float | None, Meta(description="reference price of the order")]
    decision_id: str | None
    tag: Annotated[str | None, Meta(description="of the strategy")]
    notes: Annotated[dict[str, float | None] | None, Meta(description="of the strategy")]
    reasons: list[str]
    blocking: str | None


class Gap(msgspec.Struct):
    """Sequence numbers without a decision."""

    after_sequence: int
    missing: int
    rejected: Annotated[int, Meta(description="of them, those known as rejected")]


class StrategyName(msgspec.Struct):
    """The strategy that decided."""

    id: str | None
    version: int | None


class Bars(msgspec.Struct):
    """Bars of a symbol with what was decided at them, oldest first; all columns have the same length."""

    symbol: str
    interval: Annotated[int | None, Meta(description="length of the newest bar, ms")]
    ts: list[int]
    close_ts: list[int | None]
    open: list[float | None]
    high: list[float | None]
    low: list[float | None]
    close: list[float | None]
    volume: list[float | None]
    final: list[float | None]
    confidence: list[float | None]
    p_turb: list[float | None]
    mtf: list[float | None]
    qty: Annotated[list[float | None], Meta(description="of the position, signed")]
    stop: Annotated[list[float | None], Meta(description="of the position")]
    target: Annotated[list[float | None], Meta(description="of the position")]
    equity: Annotated[list[float | None], Meta(description="realised and unrealised result of the symbol")]
    regime: list[str | None]
    action: list[str | None]
    sequence: list[int | None]
    blocking: list[str | None]
    markers: list[Marker]
    strategy: StrategyName | None
    gaps: list[Gap]
    complete: Annotated[bool, Meta(description="false: a budget ended before as many bars were found")]
