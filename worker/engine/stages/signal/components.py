"""The components of the rule ensemble: each maps one bar's features to [-1, 1], NaN when they are not ready."""

from __future__ import annotations

import math

from worker.engine.elementary import tanh
from worker.engine.kernel import embedded

COMPONENTS = (
    "trend",
    "macd",
    "rsi_mr",
    "rsi_mom",
    "band",
    "breakout",
    "candle",
    "structure",
    "mtf",
    "volume",
    "forecast",
)
TREND, MACD, RSI_MR, RSI_MOM, BAND, BREAKOUT, CANDLE, STRUCTURE, MTF, VOLUME, FORECAST = range(len(COMPONENTS))
CORE = (TREND, MACD, RSI_MR, BAND)  # a symbol may trade once these are warm

MACD_SCALE = 4.0  # factor on the histogram in ATRs: a quarter of an ATR counts as one
RSI_HALF_RANGE = 20.0  # RSI points from 50 to a full component
VOLUME_FULL_Z = 3.0


@embedded
def clip(x, low, high):  # type: ignore[no-untyped-def]
    """Return `x` within [low, high]; NaN stays NaN."""
    return low if x < low else (high if x > high else x)


@embedded
def in_atr(x, atr):  # type: ignore[no-untyped-def]
    """Return tanh(x / ATR); 0 where the ATR is 0: a market without movement has no trend."""
    if atr == 0.0 and not math.isnan(x):
        return 0.0
    return tanh(x / atr)


@embedded
def volume_thrust(ret, z):  # type: ignore[no-untyped-def]
    """Return sgn(ret)·clip(z/3, 0, 1): unusual volume confirms the bar's direction."""
    if math.isnan(ret) or math.isnan(z):
        return math.nan
    size = clip(z / VOLUME_FULL_Z, 0.0, 1.0)
    return size if ret > 0.0 else (-size if ret < 0.0 else 0.0)


@embedded
def evaluate(s, features, patterns, timeframes, forecast):  # type: ignore[no-untyped-def]
    """Write the components into `s`; NaN = not ready, dropped."""
    s[TREND] = in_atr(features.ema_12 - features.ema_26, features.atr_14)
    s[MACD] = in_atr(MACD_SCALE * features.macd_hist, features.atr_14)
    s[RSI_MR] = clip((50.0 - features.rsi_14) / RSI_HALF_RANGE, -1.0, 1.0)
    s[RSI_MOM] = clip((features.rsi_14 - 50.0) / RSI_HALF_RANGE, -1.0, 1.0)
    s[BAND] = clip(1.0 - 2.0 * features.bb_pctb_20, -1.0, 1.0)
    s[BREAKOUT] = clip(patterns.breakout, -1.0, 1.0)
    s[CANDLE] = clip(patterns.candle, -1.0, 1.0)
    s[STRUCTURE] = clip(patterns.structure, -1.0, 1.0)
    s[MTF] = clip(timeframes.mtf, -1.0, 1.0)
    s[VOLUME] = volume_thrust(features.ret_1, features.vol_z_20)
    s[FORECAST] = forecast.component
