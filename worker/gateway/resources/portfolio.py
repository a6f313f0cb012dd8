"""The portfolio."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.portfolio import Portfolio
from worker.gateway.resources.page import LOOSE


class Leader(msgspec.Struct):
    """The process that owns the portfolio's risk."""

    client_id: str
    host: str


class PortfolioNow(msgspec.Struct):
    """The newest step of the portfolio's monitor."""

    portfolio: Annotated[Portfolio | None, Meta(description="as the topic holds it", extra_json_schema=LOOSE)]
    offset: int | None
    timestamp: Annotated[int | None, Meta(description="of the record, epoch ms UTC")]
    age_ms: Annotated[int, Meta(description="since the brokers last answered")]
    monitor: Annotated[
        Literal["running", "silent", "none"],
        Meta(description="silent: decisions of later steps came, and no step followed; none: there is no record"),
    ]
    group: Annotated[str, Meta(description="of the monitor's processes")]
    step_ms: int
    leader: Annotated[Leader | None, Meta(description="of that group; null: none, or its coordinator gives no answer")]
    standbys: Annotated[int | None, Meta(description="its further processes; null: as leader")]
    problem: Annotated[str | None, Meta(description="how the record differs from what this gateway knows")] = None


class PastTrip(msgspec.Struct):
    """A limit that was passed."""

    ts: int | None
    rule: str | None
    key: str | None
    figure: float | None
    limit: float | None


class PortfolioHistory(msgspec.Struct):
    """Steps of the portfolio as columns, oldest first."""

    ts: list[int]
    equity: list[float | None]
    drawdown: list[float | None]
    day_return: list[float | None]
    gross: list[float | None]
    net: list[float | None]
    var99: Annotated[list[float | None], Meta(description="the larger of both, as the limit counts it")]
    es99: list[float | None]
    load: list[float | None]
    multiplier: list[float | None]
    trips: Annotated[list[PastTrip], Meta(description="the newest 1,000 of the whole time")]
    complete: Annotated[bool, Meta(description="false: a budget ended before the beginning was reached")]


class PortfolioLimits(msgspec.Struct):
    """The limits as this gateway is configured; fractions are of the equity."""

    capital: float
    currency: str
    gross: float
    net: float
    symbol: float
    group: float
    cluster: float
    var99: float
    es99: float
    drawdown_soft: float
    drawdown_hard: float
    day_block: float
    day_kill: float
    turnover: float
    correlation: float
    unmodelled_sigma: float
    silent_intervals: int
    step: str
    returns: str
    name: Annotated[str, Meta(description="of the monitor")]
    repeat_seconds: int
    lag_seconds: int
