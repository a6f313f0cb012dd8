"""`portfolio`: the figures and limits of all symbols together at one step of event time."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.control import Control

Share = Annotated[float | None, Meta(description="fraction of the equity, 6 decimals; null without equity")]
Amount = Annotated[float, Meta(description="the portfolio's currency, 10 significant digits")]


class Operated(msgspec.Struct, omit_defaults=True):
    """A control record that an operator wrote."""

    key: str
    control: Annotated[Control | None, Meta(description="null: it was removed")] = None


class Entered(msgspec.Struct, omit_defaults=True):
    """What entered the step beside the decisions, so that a replay can repeat it."""

    acknowledged: Annotated[list[Literal["kill", "unreadable"]], Meta(description="by operators")] = []
    controls: Annotated[list[Operated], Meta(description="in their order in `risk.control`")] = []
    lagging: Annotated[list[int], Meta(description="partitions of decisions that were behind")] = []
    repeated_ms: Annotated[
        int | None, Meta(description="wall time, epoch ms UTC, where all live control records were repeated")
    ] = None
    late: Annotated[bool, Meta(description="the last step again: decisions that came late for it count, too")] = False


class Equity(msgspec.Struct):
    """The account."""

    equity: Amount
    realised: Annotated[float, Meta(description="of all symbols, net of fees, as Amount")]
    unrealised: Amount
    peak: Annotated[float, Meta(description="of the equity, less what level shifts cost since, as Amount")]
    drawdown: Annotated[float, Meta(description="1 - equity/peak, 6 decimals")]
    day_base: Annotated[float, Meta(description="equity at 00:00 UTC, less what level shifts cost since, as Amount")]
    day_return: Annotated[float, Meta(description="since 00:00 UTC, 6 decimals")]
    turnover: Annotated[float | None, Meta(description="filled notional since 00:00 UTC by the equity")]


class Exposure(msgspec.Struct):
    """Gross and net exposure."""

    gross_notional: Amount
    net_notional: Annotated[float, Meta(description="signed, as Amount")]
    gross: Annotated[float | None, Meta(description="the leverage, as Share")]
    net: Share


class Loss(msgspec.Struct):
    """A loss of one day at 99%."""

    parametric: Share
    historical: Share


class Joint(msgspec.Struct):
    """Symbols that are limited together."""

    name: Annotated[str, Meta(description="of the group; of a cluster its first symbol")]
    gross: Share
    symbols: list[str]


class Line(msgspec.Struct, array_like=True):
    """One position, orders for the next open included."""

    symbol: str
    share: Annotated[float | None, Meta(description="signed, of the equity")]
    component: Annotated[float, Meta(description="part of the parametric value at risk")]


class Concentration(msgspec.Struct):
    """How few positions hold the gross exposure."""

    hhi: Annotated[float, Meta(description="Σ(|N|/gross)²")]
    positions: Annotated[float, Meta(description="its inverse: positions of equal size")]
    top: Annotated[list[str], Meta(description="the five largest")]


class Kupiec(msgspec.Struct):
    """The test of the value at risk over its last 250 days."""

    days: int
    exceeded: Annotated[int, Meta(description="days that lost more than foreseen")]
    ratio: Annotated[float | None, Meta(description="likelihood ratio, refused above 3.841; null before 250 days")]


class Trip(msgspec.Struct):
    """A limit that was passed in this step."""

    rule: str
    key: str
    figure: Annotated[float | None, Meta(description="6 decimals; null = without bound")]
    limit: float
    base: Amount


class Written(msgspec.Struct, array_like=True):
    """A control record that was written with this record."""

    key: str
    version: Annotated[int | None, Meta(description="null: the key was removed")]


class Portfolio(msgspec.Struct):
    """One step. Key: `*`."""

    schema_version: int
    number: Annotated[int, Meta(ge=1, description="of the record, without gaps")]
    ts: Annotated[int, Meta(description="the step: decisions with `close_ts` up to it count, epoch ms UTC")]
    cut: Annotated[list[int], Meta(description="first offset of each partition of decisions that does not count")]
    entered: Entered
    equity: Equity
    held: Exposure
    ordered: Annotated[Exposure, Meta(description="once the orders for the next open are filled: limits hold for it")]
    var99: Loss
    es99: Loss
    shrinkage: Annotated[float, Meta(description="δ of Ledoit and Wolf")]
    unmodelled: Annotated[list[str], Meta(description="held symbols with too few returns")]
    groups: list[Joint]
    clusters: Annotated[list[Joint], Meta(description="of two symbols or more")]
    lines: Annotated[list[Line], Meta(description="the 100 largest positions")]
    concentration: Concentration
    kupiec: Kupiec
    load: Annotated[float | None, Meta(description="u, the largest of figure/limit; null without equity")]
    multiplier: Annotated[float, Meta(description="m, before the drawdown's scale")]
    blocking: Annotated[list[str], Meta(description="why nothing may be opened")]
    warnings: list[str]
    trips: list[Trip]
    unreadable: Annotated[int, Meta(description="decisions that could not be read since the last acknowledgement")]
    written: list[Written]
