"""Features: incremental indicators over one symbol's accepted bars, TA-Lib's values to 1e-9 (domain §3)."""

from __future__ import annotations

from worker.engine.stages.features.layout import (
    FEATURE_NAMES,
    FEATURE_SET_VERSION,
    FEATURES,
    OUTPUT,
    STATE,
    WARMUP,
)
from worker.engine.stages.features.settings import FeatureParams as Params
from worker.engine.stages.features.settings import Settings
from worker.engine.stages.features.step import step

__all__ = [
    "FEATURES",
    "FEATURE_NAMES",
    "FEATURE_SET_VERSION",
    "OUTPUT",
    "STATE",
    "WARMUP",
    "Params",
    "Settings",
    "step",
]
