"""Oracles of what volumes tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import talib

from tests.support.features_series import Series
from tests.unit.engine.stages.features.oracles.oracle import (
    Oracle,
    flat,
    hundred,
    location,
    no_volume,
    one,
    previous_volume,
    typical,
    warm,
    windows,
)

HOURS = 24  # bars a session


def _volume_z(s: Series) -> Any:
    mean, deviation = previous_volume(s)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (s.volume - mean) / deviation


def _relative_volume(s: Series) -> Any:
    mean, _ = previous_volume(s)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean == 0.0, np.nan, s.volume / mean)


def _money_flow(s: Series) -> tuple[Any, Any]:
    price = typical(s)
    change = np.diff(price)
    change[np.abs(change) <= 1e-14 * (np.abs(price[1:]) + np.abs(price[:-1]))] = 0.0
    flow = price[1:] * s.volume[1:]
    rise, fall = (windows(np.where(side, flow, 0.0), 14).sum(axis=1) for side in (change > 0, change < 0))
    return warm(rise, s), warm(fall, s)


def _balance(s: Series) -> Any:
    line = talib.OBV(s.close, s.volume)
    with np.errstate(invalid="ignore"):
        return warm((line[99:] - np.concatenate([[0.0], line[:-100]])) / windows(s.volume, 100).sum(axis=1), s)


def _accumulation(s: Series) -> Any:
    with np.errstate(invalid="ignore"):
        money = windows(s.volume * location(s), 20).sum(axis=1)
        return warm(money / windows(s.volume, 20).sum(axis=1), s)


def _vwap_20(s: Series) -> Any:
    money, volume = windows(typical(s) * s.volume, 20).sum(axis=1), windows(s.volume, 20).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return s.close / np.where(no_volume(s, 20), typical(s), warm(money / volume, s)) - 1


def _session_vwap(s: Series) -> Any:
    """TA-Lib's VWAP day by day, of 24 hourly bars each."""
    columns = [s.high, s.low, s.close, s.volume]
    days = [[c[i : i + HOURS].copy() for c in columns] for i in range(0, s.close.size, HOURS)]
    average = np.concatenate([talib.VWAP(*day) for day in days])
    traded = np.concatenate([np.cumsum(day[3]) > 0 for day in days])
    return s.close / np.where(traded, average, typical(s)) - 1


def _illiquidity(s: Series) -> Any:
    change, money = np.abs(s.close[1:] / s.close[:-1] - 1), (s.close * s.volume)[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = windows(np.where(money > 0, change / money, np.nan), 20)
        traded = (~np.isnan(ratio)).sum(axis=1)
        return warm(np.where(traded < 10, np.nan, 1e6 * np.nansum(ratio, axis=1) / traded), s)


VOLUMES: dict[str, Oracle] = {
    "mfi_14": Oracle(
        lambda s: 100 * _money_flow(s)[0] / sum(_money_flow(s)), hundred, lambda s: sum(_money_flow(s)) == 0.0, 50.0
    ),
    "obv_ratio_100": Oracle(_balance, one, lambda s: no_volume(s, 100), 0.0),
    "cmf_20": Oracle(_accumulation, one, lambda s: no_volume(s, 20), 0.0),
    "vwap_sess_dev": Oracle(_session_vwap, one),
    "vwap_20_dev": Oracle(_vwap_20, one),
    "vol_z_20": Oracle(_volume_z, one, lambda s: np.roll(flat(s.volume, 20), 1), 0.0),
    "rvol_20": Oracle(_relative_volume),
    "amihud_20": Oracle(_illiquidity),
}
