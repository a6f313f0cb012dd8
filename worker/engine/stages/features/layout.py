"""The list of indicators: the order of the feature vector, its record types and its version."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np

from worker.engine.stages.features import (
    bollinger,
    close_volatility,
    directional,
    donchian,
    efficiency,
    exponential_average,
    keltner,
    macd,
    momentum,
    relative_volume,
    returns,
    rsi,
    simple_average,
    true_range_average,
    weighted_average,
    yang_zhang,
)

FEATURE_SET_VERSION = 1  # rises with any change of a formula, a name or the order

# Order = order of the published vector.
INDICATORS: tuple[Any, ...] = (
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
    relative_volume,
    momentum,
    close_volatility,
    yang_zhang,
    efficiency,
)


def _short_name(module: Any) -> str:
    return str(module.__name__).rpartition(".")[2]


FEATURE_NAMES: tuple[str, ...] = tuple(chain.from_iterable(module.OUTPUT.names for module in INDICATORS))
WARMUP: dict[str, int] = dict(zip(FEATURE_NAMES, chain.from_iterable(m.WARMUP for m in INDICATORS), strict=True))
STATE = np.dtype([(_short_name(module), module.STATE) for module in INDICATORS if module.STATE.names], align=True)
OUTPUT = np.dtype([(name, "f8") for name in FEATURE_NAMES], align=True)
