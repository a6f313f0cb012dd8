"""TA-Lib where it keeps running sums, which a 1e6× spike spoils, or waits longer than it must."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import talib

from tests.support.features_series import Series
from tests.unit.engine.stages.features.oracles.oracle import Oracle, flat_range, hundred, no_volume, one
from tests.unit.strategy.ta.formulas import K, close, of, spread
from tests.unit.strategy.ta.oracles import NAMED, Case
from worker.strategy import ta


def _bands(i: int) -> Oracle:
    return of(lambda s: talib.BBANDS(s.close, 20, 2.0, 2.0)[i], close)


def _stochastic(i: int) -> Oracle:
    """TA-Lib's %K waits for %D, and takes 0 for a flat window."""
    return of(
        lambda s: talib.STOCH(s.high, s.low, s.close, fastk_period=14, slowk_period=3, slowd_period=3)[i],
        hundred,
        other=lambda s: (
            (pd.Series(flat_range(s, 14).astype(float)).rolling(5, min_periods=1).max().to_numpy() > 0)
            | (np.arange(s.close.size) < 17)
        ),
    )


def _stochastic_strength(i: int) -> Oracle:
    return of(lambda s: talib.STOCHRSI(s.close, 14, 5, 3)[i], hundred, other=_flat_strength)


def _flat_strength(s: Series) -> Any:
    """Where one of the windows behind a value is nearly flat: TA-Lib takes 0 for it, or digits are lost."""
    strength = pd.Series(talib.RSI(s.close, 14))
    span = strength.rolling(5).max() - strength.rolling(5).min()
    narrow = (span < 0.01).astype(float).rolling(3, min_periods=1).max()
    return (narrow.to_numpy() > 0) | (np.arange(s.close.size) < 20)


# What `oracles` compares with numpy.
AGAIN: dict[str, Case] = {
    "ao talib": Case(ta.ao(), of(lambda s: talib.AO(s.high, s.low), close), running=True),
    "apo talib": Case(
        ta.apo(average="sma"), of(lambda s: talib.APO(s.close, 12, 26, talib.MA_Type.SMA), close), running=True
    ),
    "bollinger.upper talib": Case(ta.bollinger().upper, _bands(0), running=True),
    "bollinger.middle talib": Case(ta.bollinger().middle, _bands(1), running=True),
    "bollinger.lower talib": Case(ta.bollinger().lower, _bands(2), running=True),
    "cmf talib": Case(
        ta.cmf(20),
        of(
            lambda s: talib.CMF(s.high, s.low, s.close, s.volume, 20),
            one,
            degenerate=lambda s: no_volume(s, 20),
            neutral=0.0,
        ),
        running=True,
    ),
    "correl talib": Case(
        ta.correl(ta.close(), ta.open(), 30),
        of(lambda s: talib.CORREL(s.close, s.open, 30), one, other=lambda s: spread(s, 30) < 1e-3 * s.close),
        running=True,
    ),
    "intercept talib": Case(ta.intercept(K), of(lambda s: talib.LINEARREG_INTERCEPT(s.close, K), close), running=True),
    "linreg talib": Case(ta.linreg(K), of(lambda s: talib.LINEARREG(s.close, K), close), running=True),
    "ppo talib": Case(
        ta.ppo(average="sma"), of(lambda s: talib.PPO(s.close, 12, 26, talib.MA_Type.SMA), hundred), running=True
    ),
    "rolling_sum talib": Case(ta.rolling_sum(20), of(lambda s: talib.SUM(s.close, 20)), running=True),
    "sma talib": Case(ta.sma(20), of(lambda s: talib.SMA(s.close, 20)), running=True),
    "stoch.k talib": Case(ta.stoch(14, 3, 3).k, _stochastic(0), running=True),
    "stoch.d talib": Case(ta.stoch(14, 3, 3).d, _stochastic(1), running=True),
    "stochrsi.k talib": Case(ta.stochrsi(14, 5, 1, 3).k, _stochastic_strength(0), running=True),
    "stochrsi.d talib": Case(ta.stochrsi(14, 5, 1, 3).d, _stochastic_strength(1), running=True),
    "tsi talib": Case(ta.tsi(), of(lambda s: talib.TSI(s.close, 25, 13), hundred)),
    "var talib": Case(ta.var(20), of(lambda s: talib.VAR(s.close, 20), lambda s: s.close * s.close), running=True),
    "vortex.plus talib": Case(
        ta.vortex(K).plus,
        of(
            lambda s: talib.VORTEX(s.high, s.low, s.close, K)[0],
            one,
            degenerate=lambda s: flat_range(s, K + 1),
            neutral=0.0,
        ),
        running=True,
    ),
    "vwma talib": Case(
        ta.vwma(20),
        of(lambda s: talib.VWMA(s.close, s.volume, 20), other=lambda s: no_volume(s, 20)),
        running=True,
    ),
    "zlema talib": Case(ta.zlema(20), of(lambda s: talib.ZLEMA(s.close, 20), close)),
}
CASES = NAMED | AGAIN
