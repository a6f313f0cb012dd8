"""The candlestick patterns: names, look-backs, conditions and directions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

REVERSAL, CONTINUATION, INDECISION = -1, 1, 0
KINDS = {REVERSAL: "reversal", CONTINUATION: "continuation", INDECISION: "indecision"}


class Candle(NamedTuple):
    """One pattern. Subscripts are bars ago; the letters are those of `shape.SHAPE`."""

    name: str
    talib: str  # TA-Lib's function of the same pattern
    kind: int
    lookback: int  # bars before the current one
    values: str
    condition: str
    sense: int = 1  # direction = sense · sign of the value; TA-Lib reports a bearish doji as +100


R, C, N = REVERSAL, CONTINUATION, INDECISION
CANDLES = (
    Candle("doji", "CDLDOJI", N, 10, "100", "B≤J"),
    Candle("dragonfly_doji", "CDLDRAGONFLYDOJI", R, 10, "100", "B≤J, U<V, D>V"),
    Candle("gravestone_doji", "CDLGRAVESTONEDOJI", R, 10, "100", "B≤J, D<V, U>V", sense=-1),
    Candle("long_legged_doji", "CDLLONGLEGGEDDOJI", N, 10, "100", "B≤J, D>B or U>B"),
    Candle("takuri", "CDLTAKURI", R, 10, "100", "B≤J, U<V, D>2B"),
    Candle("spinning_top", "CDLSPINNINGTOP", N, 10, "±100", "B<S, U>B, D>B"),
    Candle("high_wave", "CDLHIGHWAVE", N, 10, "±100", "B<S, U>2B, D>2B"),
    Candle("marubozu", "CDLMARUBOZU", C, 10, "±100", "B>L, U<V, D<V"),
    Candle("closing_marubozu", "CDLCLOSINGMARUBOZU", C, 10, "±100", "B>L, no shadow (<V) at the close's end"),
    Candle("belt_hold", "CDLBELTHOLD", R, 10, "±100", "B>L, no shadow (<V) at the open's end"),
    Candle("long_line", "CDLLONGLINE", C, 10, "±100", "B>L, U<SS, D<SS"),
    Candle("hammer", "CDLHAMMER", R, 11, "100", "B<S, D>B, U<V, bot≤l₁+N₁"),
    Candle("hanging_man", "CDLHANGINGMAN", R, 11, "-100", "B<S, D>B, U<V, bot≥h₁-N₁"),
    Candle("inverted_hammer", "CDLINVERTEDHAMMER", R, 11, "100", "B<S, U>B, D<V, top<bot₁"),
    Candle("shooting_star", "CDLSHOOTINGSTAR", R, 11, "-100", "B<S, U>B, D<V, bot>top₁"),
    Candle("engulfing", "CDLENGULFING", R, 2, "±100, ±80", "other colour, body covers body₁; 80: one end equal"),
    Candle("harami", "CDLHARAMI", R, 11, "±100, ±80", "B₁>L₁, B≤S, body inside body₁; 80: an end equal"),
    Candle("harami_cross", "CDLHARAMICROSS", R, 11, "±100, ±80", "B₁>L₁, B≤J, body inside body₁; 80: an end equal"),
    Candle("piercing", "CDLPIERCING", R, 11, "100", "black then white, B₁>L₁, B>L, o<l₁, c₁+B₁/2<c<o₁"),
    Candle("dark_cloud_cover", "CDLDARKCLOUDCOVER", R, 11, "-100", "white then black, B₁>L₁, o>h₁, o₁<c<c₁-B₁/2"),
    Candle("doji_star", "CDLDOJISTAR", R, 11, "±100", "B₁>L₁, B≤J, body gap in the direction of bar 1"),
    Candle("morning_star", "CDLMORNINGSTAR", R, 12, "100", "black B₂>L₂, B₁≤S₁ gaps down, white B>S, c>c₂+0.3B₂"),
    Candle("evening_star", "CDLEVENINGSTAR", R, 12, "-100", "white B₂>L₂, B₁≤S₁ gaps up, black B>S, c<c₂-0.3B₂"),
    Candle("morning_doji_star", "CDLMORNINGDOJISTAR", R, 12, "100", "morning star with B₁≤J₁"),
    Candle("evening_doji_star", "CDLEVENINGDOJISTAR", R, 12, "-100", "evening star with B₁≤J₁"),
    Candle(
        "three_white_soldiers",
        "CDL3WHITESOLDIERS",
        R,
        12,
        "100",
        "three white, U<V each, rising closes, opens within or near (N) the body before, B₁>B₂-F₂, B>B₁-F₁, B>S",
    ),
    Candle(
        "three_black_crows",
        "CDL3BLACKCROWS",
        R,
        13,
        "-100",
        "three black after a white, D<V each, falling closes, opens within the body before, c₂<h₃",
    ),
    Candle("three_inside", "CDL3INSIDE", R, 12, "±100", "B₂>L₂, B₁≤S₁, body₁ in body₂, other colour, c beyond o₂"),
    Candle("three_outside", "CDL3OUTSIDE", R, 3, "±100", "body₁ strictly engulfs body₂, c beyond c₁"),
    Candle(
        "three_line_strike",
        "CDL3LINESTRIKE",
        C,
        8,
        "±100",
        "three of one colour, opens within or near (N) the body before, closes monotone; then o beyond c₁, c beyond o₃",
    ),
    Candle("matching_low", "CDLMATCHINGLOW", R, 6, "100", "two black, c within E₁ of c₁"),
    Candle("homing_pigeon", "CDLHOMINGPIGEON", R, 11, "100", "two black, B₁>L₁, B≤S, o<o₁, c>c₁"),
    Candle("counterattack", "CDLCOUNTERATTACK", R, 11, "±100", "other colour, B₁>L₁, B>L, c within E₁ of c₁"),
    Candle("thrusting", "CDLTHRUSTING", C, 11, "-100", "black then white, B₁>L₁, o<l₁, c₁+E₁<c≤c₁+B₁/2"),
    Candle(
        "three_methods",
        "CDLRISEFALL3METHODS",
        C,
        14,
        "±100",
        "long bar 4, three small ones of the other colour overlapping its range and drifting back, long bar beyond c₄",
    ),
    Candle("tristar", "CDLTRISTAR", R, 12, "±100", "B₂, B₁, B ≤ J₂, bar 1 gaps away from bar 2, bar 0 turns back"),
)
(
    DOJI,
    DRAGONFLY_DOJI,
    GRAVESTONE_DOJI,
    LONG_LEGGED_DOJI,
    TAKURI,
    SPINNING_TOP,
    HIGH_WAVE,
    MARUBOZU,
    CLOSING_MARUBOZU,
    BELT_HOLD,
    LONG_LINE,
    HAMMER,
    HANGING_MAN,
    INVERTED_HAMMER,
    SHOOTING_STAR,
    ENGULFING,
    HARAMI,
    HARAMI_CROSS,
    PIERCING,
    DARK_CLOUD_COVER,
    DOJI_STAR,
    MORNING_STAR,
    EVENING_STAR,
    MORNING_DOJI_STAR,
    EVENING_DOJI_STAR,
    THREE_WHITE_SOLDIERS,
    THREE_BLACK_CROWS,
    THREE_INSIDE,
    THREE_OUTSIDE,
    THREE_LINE_STRIKE,
    MATCHING_LOW,
    HOMING_PIGEON,
    COUNTERATTACK,
    THRUSTING,
    THREE_METHODS,
    TRISTAR,
) = range(len(CANDLES))
NAMES = tuple(candle.name for candle in CANDLES)
KIND = np.array([candle.kind for candle in CANDLES])
SENSE = np.array([candle.sense for candle in CANDLES])
