"""`decisions`: what the engine decided at one accepted bar, and why."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Ratio = Annotated[float, Meta(description="rounded half-even to 6 decimals")]
Money = Annotated[float, Meta(description="quote currency, rounded to the tick or 10 significant digits")]
Price = Annotated[float, Meta(description="as it came")]
Quantity = Annotated[float, Meta(description="base units, rounded down to the lot")]

Action = Literal["hold", "open_long", "open_short", "close", "reduce", "increase", "reverse"]
Regime = Literal["unknown", "trend_up", "trend_down", "range", "high_vol", "crisis"]
Bucket = Literal["unknown", "low", "normal", "high"]
Level = Literal["Poor", "Fair", "Good", "Excellent"]


class Bar(msgspec.Struct, gc=False):
    """The accepted bar, as received."""

    open: Price
    high: Price
    low: Price
    close: Price
    volume: Price


class Quality(msgspec.Struct, gc=False):
    """The result of validation."""

    score: Ratio
    level: Level
    mask: Annotated[int, Meta(description="bit set of the codes")]
    codes: list[str]


class Position(msgspec.Struct, gc=False):
    """The symbol's virtual position after this bar, marked at its close."""

    state: Literal["flat", "long", "short"]
    qty: Quantity
    entry: Money | None
    stop: Money | None
    target: Money | None
    unrealised: Money
    realised: Money
    bars_held: int


class Risk(msgspec.Struct, gc=False):
    """Risk figures and the factors that scaled the size; null where not ready."""

    sigma_ann: Ratio | None
    var99: Annotated[float | None, Meta(description="one-day loss at 99%, fraction of the symbol's equity base")]
    es99: Annotated[float | None, Meta(description="expected shortfall beyond var99, same unit")]
    dd: Ratio
    g: Ratio
    g_regime: Ratio
    g_dd: Ratio
    g_quality: Ratio
    g_ctl: Ratio


class Model(msgspec.Struct, gc=False):
    """The model that was asked, and the status of its answer."""

    id: Annotated[str | None, Meta(description="`online`: the one that this symbol learns")]
    version: Annotated[str | None, Meta(description="of `online`: how it learns")]
    status: Literal[
        "ok",
        "not_configured",
        "features_not_ready",
        "load_error",
        "runtime_error",
        "nan_output",
        "out_of_range",
        "timeout",
        "circuit_open",
        "drift_disabled",
        "warming_up",
        "no_skill",
    ]
    runtime: Annotated[
        str | UnsetType, Meta(description="what ran it, with its version: equal bits are promised on one version only")
    ] = UNSET


class Strategy(msgspec.Struct, gc=False):
    """The strategy that was asked, and its answer."""

    id: str
    version: int
    status: Annotated[
        Literal["ok", "raised", "warming_up", "invalid", "circuit_open"],
        Meta(description="invalid: what it said can't be followed; circuit_open: it rests after five bars of `raised`"),
    ]
    tag: Annotated[str | None, Meta(description="why, by its own names")]
    notes: Annotated[dict[str, float | None], Meta(description="numbers of its own, 10 significant digits")]
    entry: Annotated[
        Literal["limit", "stop"] | UnsetType, Meta(description="of the opening order; absent at the next open")
    ] = UNSET
    price: Annotated[float | UnsetType, Meta(description="of a limit or stop entry, as Money")] = UNSET
    bars: Annotated[int | UnsetType, Meta(description="for which it still waits, the next one included")] = UNSET


class Timeframe(msgspec.Struct, array_like=True, gc=False):
    """Direction and regime of a higher timeframe's last closed bucket."""

    timeframe: Literal["5m", "15m", "1h", "4h", "1d"]
    direction: Annotated[Ratio | None, Meta(description="-1..1; null until warm")]
    age_ms: Annotated[int, Meta(ge=0, description="from the bucket's end to this bar's close")]
    partial: Annotated[bool, Meta(description="the bucket held less than half of its bars")]
    regime: Literal["unknown", "trend_up", "trend_down", "range"]


class Decision(msgspec.Struct, gc=False):
    """One decision per accepted bar. Ingest time and source coordinates are in the headers."""

    schema_version: int
    decision_id: Annotated[str, Meta(description="symbol-sequence-<first 8 hex of config_hash>")]
    engine_version: str
    feature_set_version: int
    config_hash: str
    symbol: str
    sequence: Annotated[int, Meta(ge=1, description="ordinal of this symbol's records, accepted or rejected")]
    ts: Annotated[int, Meta(description="bar open, epoch ms UTC")]
    close_ts: Annotated[int, Meta(description="bar close, epoch ms UTC")]
    bar: Bar
    action: Action
    side: Annotated[int, Meta(ge=-1, le=1)]
    qty: Quantity
    notional: Money
    ref_price: Money
    stop: Money | None
    target: Money | None
    position: Position
    score: Ratio | None
    model_prob: Ratio | None
    final: Ratio | None
    confidence: Ratio | None
    agreement: Ratio | None
    regime: Regime
    vol_bucket: Bucket
    regime_age: int
    p_turb: Annotated[Ratio | None, Meta(description="filtered probability of the turbulent of two states")]
    mtf: Annotated[Ratio | None, Meta(description="weighted direction over all timeframes, -1..1")]
    mtf_agreement: Annotated[Ratio | None, Meta(description="share of the weights that points one way")]
    timeframes: Annotated[list[Timeframe], Meta(description="those longer than the bar that have closed a bucket")]
    quality: Quality
    risk: Risk
    control_version: Annotated[int, Meta(description="of the symbol's control record; 0 = none was in force")]
    model: Model
    patterns: Annotated[
        list[tuple[str, int]],
        Meta(description="candles with TA-Lib's value and events of the chart's structure, at this bar"),
    ]
    contributions: Annotated[
        list[tuple[str, float]], Meta(description="the five largest parts of score; all with detail=full")
    ]
    reasons: Annotated[list[str], Meta(description="reason codes in order of evaluation")]
    blocking: Annotated[str | None, Meta(description="the first reason that kept a trade from happening")]
    control_all_version: Annotated[
        int | UnsetType, Meta(description="of the control record for all symbols; absent when none was in force")
    ] = UNSET
    anomaly_d2: Annotated[
        Ratio | UnsetType | None,
        Meta(description="squared distance from the recent bars; only with engine.anomaly.enabled, null until warm"),
    ] = UNSET
    forecast_h: Annotated[
        float | UnsetType | None,
        Meta(
            description="expected log return over 12 bars, 10 significant digits; only with engine.forecast.enabled, "
            "null until warm"
        ),
    ] = UNSET
    forecast_sd: Annotated[
        float | UnsetType | None, Meta(description="standard deviation of its error, as forecast_h")
    ] = UNSET
    strategy: Annotated[Strategy | UnsetType, Meta(description="only where a strategy decides")] = UNSET
    features: Annotated[
        dict[str, float | None] | UnsetType,
        Meta(description="with detail=full: every feature, 10 significant digits; null until warm"),
    ] = UNSET
