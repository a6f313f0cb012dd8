"""Independent values of every indicator: TA-Lib where it has it, else pandas and plain numpy."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import talib

from tests.unit.engine.stages.features.oracles.oracle import (
    Oracle,
    flat,
    flat_range,
    hundred,
    location,
    no_volume,
    one,
    typical,
    warm,
    windows,
)
from tests.unit.strategy.ta.formulas import (
    K,
    ages,
    bands,
    channel_middle,
    close,
    cold,
    correlation,
    cumulated,
    directional,
    early,
    first_nine,
    flows,
    keltner,
    line,
    mean,
    middle,
    never_moved,
    of,
    regression_slope,
    relative_width,
    rounding,
    shifted,
    smoothed,
    spread,
    stochastic,
    stochastic_strength,
    total,
    trend_side,
    true_range,
    true_strength,
    vortex,
    weighted_by_volume,
)
from worker.strategy import ta
from worker.strategy.ta import Indicator


class Case(NamedTuple):
    """An indicator, what it must equal, and whether a spike of 1e6 spoils that."""

    indicator: Indicator
    oracle: Oracle
    running: bool = False  # after a spike either the oracle's running sums or a range of a flat RSI have few digits


PLAIN: dict[str, Case] = {
    "open": Case(ta.open(), of(lambda s: s.open)),
    "high": Case(ta.high(), of(lambda s: s.high)),
    "low": Case(ta.low(), of(lambda s: s.low)),
    "close": Case(ta.close(), of(close)),
    "volume": Case(ta.volume(), of(lambda s: s.volume)),
    "typical": Case(ta.typical(), of(typical)),
    "median": Case(ta.median(), of(lambda s: talib.MEDPRICE(s.high, s.low))),
    "weighted": Case(ta.weighted(), of(lambda s: talib.WCLPRICE(s.high, s.low, s.close))),
    "average": Case(ta.average(), of(lambda s: talib.AVGPRICE(s.open, s.high, s.low, s.close))),
    "lag": Case(ta.lag(7), of(lambda s: shifted(s.close, 7))),
    "log_return": Case(ta.log_return(3), of(lambda s: np.log(s.close / shifted(s.close, 3)), lambda s: 1e-3)),
    "add": Case(ta.add(ta.high(), ta.close()), of(lambda s: s.high + s.close)),
    "subtract": Case(ta.subtract(ta.high(), ta.close()), of(lambda s: s.high - s.close)),
    "multiply": Case(ta.multiply(ta.close(), ta.volume()), of(lambda s: s.close * s.volume)),
    "divide": Case(ta.divide(ta.close(), ta.open()), of(lambda s: s.close / s.open)),
    "optional": Case(ta.optional(ta.ema(20)), of(lambda s: talib.EMA(s.close, 20))),
    "root": Case(ta.root(ta.close()), of(lambda s: np.sqrt(s.close))),
}
AVERAGES: dict[str, Case] = {
    "sma": Case(ta.sma(20), of(lambda s: mean(s.close, 20))),
    "sma 200": Case(ta.sma(200), of(lambda s: talib.SMA(s.close, 200)), running=True),
    "sma of volume": Case(ta.sma(30, source="volume"), of(lambda s: mean(s.volume, 30))),
    "ema": Case(ta.ema(20), of(lambda s: talib.EMA(s.close, 20))),
    "ema of rsi": Case(ta.ema(5, source=ta.rsi(14)), of(lambda s: smoothed(talib.RSI(s.close, 14), 5), hundred)),
    "rma": Case(ta.rma(K), of(lambda s: talib.RMA(s.close, K))),
    "wma": Case(ta.wma(20), of(lambda s: warm(windows(s.close, 20) @ np.arange(1.0, 21.0) / 210, s))),
    "wma talib": Case(ta.wma(30), of(lambda s: talib.WMA(s.close, 30)), running=True),
    "dema": Case(ta.dema(20), of(lambda s: talib.DEMA(s.close, 20), close)),
    "tema": Case(ta.tema(20), of(lambda s: talib.TEMA(s.close, 20), close)),
    "trima": Case(ta.trima(20), of(lambda s: talib.TRIMA(s.close, 20)), running=True),
    "trima odd": Case(ta.trima(21), of(lambda s: mean(mean(s.close, 11), 11))),
    "kama": Case(ta.kama(10), of(lambda s: talib.KAMA(s.close, 10)), running=True),
    "hma": Case(ta.hma(20), of(lambda s: talib.HMA(s.close, 20), close), running=True),
    "hma 16": Case(ta.hma(16), of(lambda s: talib.HMA(s.close, 16), close), running=True),
    "t3": Case(ta.t3(5, 0.7), of(lambda s: talib.T3(s.close, 5, 0.7), close)),
    "zlema": Case(ta.zlema(20), of(lambda s: smoothed(2 * s.close - shifted(s.close, 9), 20), close)),
    "vwma": Case(ta.vwma(20), of(lambda s: weighted_by_volume(s, s.close))),
    "rolling_sum": Case(ta.rolling_sum(20), of(lambda s: total(s.close, 20))),
}
OSCILLATORS: dict[str, Case] = {
    "rsi": Case(ta.rsi(K), of(lambda s: talib.RSI(s.close, K), hundred, degenerate=never_moved, neutral=50.0)),
    "rsi 3": Case(ta.rsi(3), of(lambda s: talib.RSI(s.close, 3), hundred, degenerate=never_moved, neutral=50.0)),
    "cmo": Case(ta.cmo(K), of(lambda s: talib.CMO(s.close, K), hundred)),
    "stoch.k": Case(ta.stoch(14, 3, 3).k, of(lambda s: stochastic(s)[0], hundred)),
    "stoch.d": Case(ta.stoch(14, 3, 3).d, of(lambda s: stochastic(s)[1], hundred)),
    "stochrsi.k": Case(ta.stochrsi().k, of(lambda s: stochastic_strength(s)[0], hundred), running=True),
    "stochrsi.d": Case(ta.stochrsi().d, of(lambda s: stochastic_strength(s)[1], hundred), running=True),
    "willr": Case(
        ta.willr(K),
        of(
            lambda s: talib.WILLR(s.high, s.low, s.close, K),
            hundred,
            degenerate=lambda s: flat_range(s, K),
            neutral=-50.0,
        ),
    ),
    "macd.line": Case(ta.macd().line, of(lambda s: talib.MACD(s.close, 12, 26, 9)[0], close, other=early)),
    "macd.signal": Case(ta.macd().signal, of(lambda s: talib.MACD(s.close, 12, 26, 9)[1], close)),
    "macd.hist": Case(ta.macd().hist, of(lambda s: talib.MACD(s.close, 12, 26, 9)[2], close)),
    "apo": Case(ta.apo(), of(lambda s: talib.APO(s.close, 12, 26, talib.MA_Type.EMA), close)),
    "apo sma": Case(ta.apo(average="sma"), of(lambda s: mean(s.close, 12) - mean(s.close, 26), close)),
    "ppo": Case(ta.ppo(), of(lambda s: talib.PPO(s.close, 12, 26, talib.MA_Type.EMA), hundred)),
    "mom": Case(ta.mom(10), of(lambda s: talib.MOM(s.close, 10), close)),
    "roc": Case(ta.roc(10), of(lambda s: talib.ROC(s.close, 10), hundred)),
    "trix": Case(ta.trix(15), of(lambda s: talib.TRIX(s.close, 15), one)),
    "cci": Case(ta.cci(20), of(lambda s: talib.CCI(s.high, s.low, s.close, 20), hundred)),
    "mfi": Case(
        ta.mfi(K),
        of(
            lambda s: 100 * flows(s)[0] / (flows(s)[0] + flows(s)[1]),
            hundred,
            degenerate=lambda s: flows(s)[0] + flows(s)[1] == 0.0,
            neutral=50.0,
        ),
    ),
    "mfi talib": Case(
        ta.mfi(K),
        of(
            lambda s: talib.MFI(s.high, s.low, s.close, s.volume, K),
            hundred,
            degenerate=lambda s: flows(s)[0] + flows(s)[1] == 0.0,
            neutral=50.0,
        ),
        running=True,
    ),
    "ultosc": Case(ta.ultosc(), of(lambda s: talib.ULTOSC(s.high, s.low, s.close), hundred), running=True),
    "ao": Case(ta.ao(), of(lambda s: mean((s.high + s.low) / 2, 5) - mean((s.high + s.low) / 2, 34), close)),
    "bop": Case(ta.bop(), of(lambda s: talib.BOP(s.open, s.high, s.low, s.close), one)),
    "tsi": Case(ta.tsi(), of(true_strength, hundred)),
}

TREND: dict[str, Case] = {
    **{
        name: Case(getattr(ta, name)(K), of(partial(directional, getattr(talib, name.upper())), hundred))
        for name in ("plus_di", "minus_di", "dx", "adx", "adxr")
    },
    "aroon.up": Case(ta.aroon(K).up, of(lambda s: talib.AROON(s.high, s.low, K)[1], hundred)),
    "aroon.down": Case(ta.aroon(K).down, of(lambda s: talib.AROON(s.high, s.low, K)[0], hundred)),
    "aroon.osc": Case(ta.aroon(K).osc, of(lambda s: talib.AROONOSC(s.high, s.low, K), hundred)),
    "vortex.plus": Case(
        ta.vortex(K).plus,
        of(lambda s: vortex(s, s.high, s.low), one, degenerate=lambda s: flat_range(s, K + 1), neutral=0.0),
    ),
    "vortex.minus": Case(
        ta.vortex(K).minus,
        of(lambda s: vortex(s, s.low, s.high), one, degenerate=lambda s: flat_range(s, K + 1), neutral=0.0),
    ),
    "psar": Case(ta.psar(), of(lambda s: talib.SAR(s.high, s.low))),
    "psar 0.05": Case(ta.psar(0.05, 0.3), of(lambda s: talib.SAR(s.high, s.low, 0.05, 0.3))),
    "supertrend.line": Case(ta.supertrend().line, of(lambda s: talib.SUPERTREND(s.high, s.low, s.close)[0])),
    "supertrend.side": Case(ta.supertrend().side, of(trend_side)),
    "ichimoku.tenkan": Case(ta.ichimoku().tenkan, of(lambda s: middle(s, 9))),
    "ichimoku.kijun": Case(ta.ichimoku().kijun, of(lambda s: middle(s, 26))),
    "ichimoku.span_a": Case(ta.ichimoku().span_a, of(lambda s: shifted((middle(s, 9) + middle(s, 26)) / 2, 26))),
    "ichimoku.span_b": Case(ta.ichimoku().span_b, of(lambda s: shifted(middle(s, 52), 26))),
}
VOLATILITY: dict[str, Case] = {
    "tr": Case(ta.tr(), of(true_range)),
    "atr": Case(ta.atr(K), of(lambda s: talib.ATR(s.high, s.low, s.close, K))),
    "natr": Case(ta.natr(K), of(lambda s: talib.NATR(s.high, s.low, s.close, K))),
    "var": Case(ta.var(20), of(lambda s: warm(windows(s.close, 20).var(axis=1), s), rounding)),
    "var 1": Case(ta.var(20, 1), of(lambda s: warm(windows(s.close, 20).var(axis=1, ddof=1), s), rounding)),
    "stddev": Case(ta.stddev(20), of(spread, lambda s: 1e-6 * s.close)),
    "stddev talib": Case(ta.stddev(20), of(lambda s: talib.STDDEV(s.close, 20), lambda s: s.close), running=True),
    "zscore": Case(
        ta.zscore(20),
        of(
            lambda s: (s.close - mean(s.close, 20)) / spread(s),
            lambda s: np.maximum(1.0, 1e-6 * s.close / np.maximum(spread(s), 1e-300)),
            degenerate=lambda s: flat(s.close, 20),
            neutral=0.0,
        ),
    ),
    "bollinger.upper": Case(ta.bollinger().upper, of(lambda s: bands(s)[0], close)),
    "bollinger.middle": Case(ta.bollinger().middle, of(lambda s: bands(s)[1])),
    "bollinger.lower": Case(ta.bollinger().lower, of(lambda s: bands(s)[2], close)),
    "bollinger.width": Case(ta.bollinger().width, of(lambda s: relative_width(s), lambda s: 1e-4)),
    "bollinger.percent": Case(
        ta.bollinger().percent,
        of(
            lambda s: (s.close - bands(s)[2]) / (bands(s)[0] - bands(s)[2]),
            lambda s: np.maximum(1.0, 1e-6 * s.close / np.maximum(bands(s)[0] - bands(s)[2], 1e-300)),
            degenerate=lambda s: flat(s.close, 20),
            neutral=0.5,
        ),
    ),
    "keltner.upper": Case(ta.keltner().upper, of(partial(keltner, side=1.0), close)),
    "keltner.middle": Case(ta.keltner().middle, of(channel_middle, other=cold)),
    "keltner.lower": Case(ta.keltner().lower, of(partial(keltner, side=-1.0), close)),
    "donchian.upper": Case(ta.donchian().upper, of(lambda s: talib.DONCHIAN(s.high, s.low, 20)[0])),
    "donchian.middle": Case(ta.donchian().middle, of(lambda s: talib.DONCHIAN(s.high, s.low, 20)[1])),
    "donchian.lower": Case(ta.donchian().lower, of(lambda s: talib.DONCHIAN(s.high, s.low, 20)[2])),
    "midprice": Case(ta.midprice(K), of(lambda s: talib.MIDPRICE(s.high, s.low, K))),
    "midpoint": Case(ta.midpoint(K), of(lambda s: talib.MIDPOINT(s.close, K))),
    "highest": Case(ta.highest(20), of(lambda s: talib.MAX(s.high, 20))),
    "lowest": Case(ta.lowest(20), of(lambda s: talib.MIN(s.low, 20))),
    "highest of close": Case(ta.highest(55, source="close"), of(lambda s: talib.MAX(s.close, 55))),
    "highest_age": Case(ta.highest_age(20), of(lambda s: ages(s.high, 20, np.argmax))),
    "lowest_age": Case(ta.lowest_age(20), of(lambda s: ages(s.low, 20, np.argmin))),
}
VOLUMES: dict[str, Case] = {
    "obv": Case(ta.obv(), of(lambda s: talib.OBV(s.close, s.volume), lambda s: s.volume)),
    "ad": Case(ta.ad(), of(lambda s: talib.AD(s.high, s.low, s.close, s.volume), lambda s: s.volume)),
    "adosc": Case(ta.adosc(), of(lambda s: talib.ADOSC(s.high, s.low, s.close, s.volume), cumulated, other=first_nine)),
    "cmf": Case(
        ta.cmf(20),
        of(
            lambda s: total(s.volume * location(s), 20) / total(s.volume, 20),
            one,
            degenerate=lambda s: no_volume(s, 20),
            neutral=0.0,
        ),
    ),
    "vwap": Case(ta.vwap(20), of(lambda s: weighted_by_volume(s, typical(s)))),
    "efi": Case(ta.efi(13), of(lambda s: talib.EFI(s.close, s.volume, 13), lambda s: s.close * np.max(s.volume))),
}
LINES: dict[str, Case] = {
    "slope": Case(ta.slope(K), of(lambda s: line(s, K, 0.0)[0], lambda s: 1e-4 * s.close)),
    "slope talib": Case(ta.slope(K), of(regression_slope, lambda s: 1e-3 * s.close), running=True),
    "linreg": Case(ta.linreg(K), of(lambda s: line(s, K, 0.0)[1], close)),
    "intercept": Case(ta.intercept(K), of(lambda s: line(s, K, 1.0 - K)[1], close)),
    "tsf": Case(ta.tsf(K), of(lambda s: talib.TSF(s.close, K), close), running=True),
    "correl": Case(ta.correl(ta.close(), ta.volume(), 30), of(correlation, lambda s: 1e-3)),
}
NAMED = PLAIN | AVERAGES | OSCILLATORS | TREND | VOLATILITY | VOLUMES | LINES
