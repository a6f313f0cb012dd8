"""TA-Lib where it keeps running sums, which a 1e6× spike spoils: good oracles for the other series."""

from __future__ import annotations

from typing import Any

import numpy as np
import talib

from tests.support.features_series import Series
from tests.unit.engine.stages.features.oracles.closes import CLOSES
from tests.unit.engine.stages.features.oracles.oracle import (
    Oracle,
    flat_range,
    hundred,
    no_volume,
    one,
    previous_volume,
    rolling,
    typical,
)
from tests.unit.engine.stages.features.oracles.volumes import VOLUMES


def _talib_bands(s: Series) -> tuple[Any, Any, Any]:
    upper, middle, lower = talib.BBANDS(s.close, 20, 2.0, 2.0)
    return upper, middle, lower


def _talib_stochastic(s: Series) -> tuple[Any, Any]:
    k, d = talib.STOCH(s.high, s.low, s.close, fastk_period=14, slowk_period=3, slowd_period=3)
    return k, d


def _flat_of_late(s: Series) -> Any:
    """Where one of the five windows behind a smoothed value is flat: TA-Lib takes 0 for it."""
    return rolling(flat_range(s, 14).astype(float), 5).max().to_numpy() > 0


RUNNING_SUMS: dict[str, Oracle] = {
    "sma_20": Oracle(lambda s: talib.SMA(s.close, 20)),
    "sma_50": Oracle(lambda s: talib.SMA(s.close, 50)),
    "wma_20": Oracle(lambda s: talib.WMA(s.close, 20)),
    "bb_pctb_20": CLOSES["bb_pctb_20"]._replace(
        value=lambda s: (s.close - _talib_bands(s)[2]) / (_talib_bands(s)[0] - _talib_bands(s)[2])
    ),
    "bb_width_20": CLOSES["bb_width_20"]._replace(
        value=lambda s: (_talib_bands(s)[0] - _talib_bands(s)[2]) / _talib_bands(s)[1]
    ),
    "er_10": CLOSES["er_10"]._replace(value=lambda s: talib.ER(s.close, 10)),
    "er_20": CLOSES["er_20"]._replace(value=lambda s: talib.ER(s.close, 20)),
    "rvol_20": VOLUMES["rvol_20"]._replace(
        value=lambda s: talib.RVOL(s.volume, 20), degenerate=lambda s: previous_volume(s)[0] == 0.0, neutral=np.nan
    ),
    "stoch_k": Oracle(lambda s: _talib_stochastic(s)[0], hundred, other=_flat_of_late),
    "stoch_d": Oracle(lambda s: _talib_stochastic(s)[1], hundred, other=_flat_of_late),
    "mfi_14": VOLUMES["mfi_14"]._replace(value=lambda s: talib.MFI(s.high, s.low, s.close, s.volume, 14)),
    "cmf_20": VOLUMES["cmf_20"]._replace(value=lambda s: talib.CMF(s.high, s.low, s.close, s.volume, 20)),
    "vwap_20_dev": Oracle(
        lambda s: s.close / talib.VWMA(typical(s), s.volume, 20) - 1, one, other=lambda s: no_volume(s, 20)
    ),
    "slope_20": CLOSES["slope_20"]._replace(
        value=lambda s: talib.LINEARREG_SLOPE(s.close, 20) / s.close, scale=lambda s: 1e-3
    ),
}
