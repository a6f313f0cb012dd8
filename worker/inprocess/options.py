"""The keywords of `RealTimePipeline`, for type checkers and editors."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from worker.inprocess.integrations import (
    FeatureExtractor,
    MarketRegimeDetector,
    ModelRegistry,
    MultiTimeframeFusion,
    PositionSizingOptimizer,
    RiskManager,
)
from worker.inprocess.settings import Overflow


class Options(TypedDict, total=False):
    """Fields of `PipelineSettings` and `Integrations`."""

    registry: Path | None
    max_queue_size: int
    max_unread_results: int
    overflow: Overflow
    num_workers: int
    enable_parallel_processing: bool
    enable_caching: bool
    cache_size: int
    max_batch_size: int
    feature_extractor: FeatureExtractor | None
    model_registry: ModelRegistry | None
    risk_manager: RiskManager | None
    position_sizing_optimizer: PositionSizingOptimizer | None
    market_regime_detector: MarketRegimeDetector | None
    multi_timeframe_fusion: MultiTimeframeFusion | None
