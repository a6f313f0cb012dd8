"""Settings of the pipeline; none of them changes a value of a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from worker.inprocess.objects.integrations import (
    FeatureExtractor,
    MarketRegimeDetector,
    ModelRegistry,
    MultiTimeframeFusion,
    PositionSizingOptimizer,
    RiskManager,
)

if TYPE_CHECKING:
    from worker.strategy import Strategy

Overflow = Literal["block", "reject", "drop_oldest"]


class PipelineSettings(BaseModel):
    """Settings of queues, threads and caches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    registry: Path | None = Field(None, description="folder of models, for engine.model")
    max_queue_size: int = Field(10_000, ge=1, description="points waiting, over all threads")
    max_unread_results: int = Field(
        50_000, ge=1, description="results kept for `get_result`, 2 KB each; the oldest unread one goes, and is counted"
    )
    overflow: Overflow = Field("block", description="what happens to a point that finds the queue full")
    num_workers: int = Field(4, ge=1, le=256, description="threads; a symbol always has the same one")
    enable_parallel_processing: bool = Field(True, description="False = one thread")
    enable_caching: bool = Field(True, description="keep the latest result of each symbol")
    cache_size: int = Field(1_000, ge=1, description="symbols in that cache; the least recently used one goes")
    max_batch_size: int = Field(2_048, ge=1, description="most points that a thread takes at once")

    @property
    def threads(self) -> int:
        """Number of worker threads."""
        return self.num_workers if self.enable_parallel_processing else 1


class Options(TypedDict, total=False):
    """The keywords of `RealTimePipeline`, for type checkers and editors: `PipelineSettings` and `Integrations`.

    `strategy` is a class that decides.
    """

    strategy: type[Strategy] | None
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
