"""The list of indicators: the order of the feature vector, its record types and its version."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np

from worker.engine.stages.features import (
    autocorrelation,
    bar_shape,
    bollinger,
    boundary,
    chaikin,
    close_volatility,
    commodity_channel,
    directional,
    donchian,
    efficiency,
    exponential_average,
    extremes,
    facts,
    garman_klass,
    illiquidity,
    keltner,
    macd,
    momentum,
    money_flow,
    on_balance_volume,
    parkinson,
    relative_volume,
    return_shape,
    returns,
    rsi,
    simple_average,
    slope,
    stochastic,
    true_range_average,
    variance_ratio,
    volatility_ratio,
    volume_weighted_price,
    weighted_average,
    williams_r,
    yang_zhang,
)
from worker.engine.stages.features.parts import Feature

FEATURE_SET_VERSION = 2  # rises with any change of a formula, a name or the order

# Each declares its STATE and its FEATURES.
INDICATORS: tuple[Any, ...] = (
    boundary,
    facts,
    extremes,
    returns,
    exponential_average,
    simple_average,
    weighted_average,
    macd,
    rsi,
    true_range_average,
    directional,
    bollinger,
    keltner,
    donchian,
    stochastic,
    williams_r,
    commodity_channel,
    money_flow,
    on_balance_volume,
    chaikin,
    volume_weighted_price,
    relative_volume,
    momentum,
    close_volatility,
    parkinson,
    garman_klass,
    yang_zhang,
    return_shape,
    variance_ratio,
    autocorrelation,
    illiquidity,
    efficiency,
    slope,
    bar_shape,
    volatility_ratio,
)


def _short_name(module: Any) -> str:
    return str(module.__name__).rpartition(".")[2]


# The published vector is ordered by the ids of the definitions.
FEATURES: tuple[Feature, ...] = tuple(
    sorted(chain.from_iterable(module.FEATURES for module in INDICATORS), key=lambda feature: feature.id)
)
FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
WARMUP: dict[str, int] = {feature.name: feature.warmup for feature in FEATURES}
STATE = np.dtype([(_short_name(module), module.STATE) for module in INDICATORS if module.STATE.names], align=True)
OUTPUT = np.dtype([(name, "f8") for name in FEATURE_NAMES], align=True)
