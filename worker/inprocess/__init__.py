"""The engine in one process, without Kafka: for notebooks, small devices and tests of strategies."""

from __future__ import annotations

from worker.inprocess.asynchronous import AsyncPipeline
from worker.inprocess.errors import PipelineError, PipelineStopped
from worker.inprocess.metrics import PipelineMetrics
from worker.inprocess.objects.integrations import (
    FeatureExtractor,
    MarketRegimeDetector,
    ModelRegistry,
    MultiTimeframeFusion,
    PositionSizingOptimizer,
    RiskManager,
)
from worker.inprocess.pipeline import RealTimePipeline
from worker.inprocess.point import DataPoint, DataQuality
from worker.inprocess.result import ProcessingResult
from worker.inprocess.settings import PipelineSettings
from worker.inprocess.standalone.normalizer import DataNormalizer
from worker.inprocess.standalone.validator import DataValidator

real_time_pipeline = RealTimePipeline()  # with all defaults; start() compiles the kernels and starts the threads

__all__ = [
    "AsyncPipeline",
    "DataNormalizer",
    "DataPoint",
    "DataQuality",
    "DataValidator",
    "FeatureExtractor",
    "MarketRegimeDetector",
    "ModelRegistry",
    "MultiTimeframeFusion",
    "PipelineError",
    "PipelineMetrics",
    "PipelineSettings",
    "PipelineStopped",
    "PositionSizingOptimizer",
    "ProcessingResult",
    "RealTimePipeline",
    "RiskManager",
    "real_time_pipeline",
]
