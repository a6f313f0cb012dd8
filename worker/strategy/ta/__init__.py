"""Indicators by name and period: what a strategy's `indicators` declares.

Each reads the symbol's own bars, or with `timeframe=` the closed bars of a longer one. Where it takes a `source`, that
is a column by name or another indicator.
"""

from __future__ import annotations

from worker.strategy.ta.averages import (
    dema,
    ema,
    hma,
    kama,
    rma,
    rolling_sum,
    sma,
    t3,
    tema,
    trima,
    vwma,
    wma,
    zlema,
)  # fmt: skip
from worker.strategy.ta.indicator import Indicator
from worker.strategy.ta.momentum import (
    ao,
    apo,
    bop,
    cci,
    cmo,
    macd,
    mfi,
    mom,
    ppo,
    roc,
    rsi,
    stoch,
    stochrsi,
    trix,
    tsi,
    ultosc,
    willr,
)  # fmt: skip
from worker.strategy.ta.prices import (
    add,
    average,
    close,
    divide,
    high,
    lag,
    log_return,
    low,
    median,
    multiply,
    open,
    optional,
    subtract,
    typical,
    volume,
    weighted,
)  # fmt: skip
from worker.strategy.ta.regression import correl, intercept, linreg, slope, tsf
from worker.strategy.ta.trend import (
    adx,
    adxr,
    aroon,
    dx,
    ichimoku,
    minus_di,
    plus_di,
    psar,
    supertrend,
    vortex,
)  # fmt: skip
from worker.strategy.ta.volatility import (
    atr,
    bollinger,
    donchian,
    highest,
    highest_age,
    keltner,
    lowest,
    lowest_age,
    midpoint,
    midprice,
    natr,
    root,
    stddev,
    tr,
    var,
    zscore,
)  # fmt: skip
from worker.strategy.ta.volume_based import ad, adosc, cmf, efi, obv, vwap

__all__ = [
    "Indicator", "ad", "add", "adosc", "adx", "adxr", "ao", "apo", "aroon", "atr", "average", "bollinger", "bop", "cci",
    "close", "cmf", "cmo", "correl", "dema", "divide", "donchian", "dx", "efi", "ema", "high", "highest", "highest_age",
    "hma", "ichimoku", "intercept", "kama", "keltner", "lag", "linreg", "log_return", "low", "lowest", "lowest_age",
    "macd", "median", "mfi", "midpoint", "midprice", "minus_di", "mom", "multiply", "natr", "obv", "open", "optional",
    "plus_di", "ppo", "psar", "rma", "roc", "rolling_sum", "root", "rsi", "slope", "sma", "stddev", "stoch", "stochrsi",
    "subtract", "supertrend", "t3", "tema", "tr", "trima", "trix", "tsf", "tsi", "typical", "ultosc", "var", "volume",
    "vortex", "vwap", "vwma", "weighted", "willr", "wma", "zlema", "zscore",
]  # fmt: skip
