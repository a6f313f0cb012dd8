"""AlphaPulse worker: exactly-once Kafka stream processing that turns OHLCV bars into explainable trading decisions."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from worker.version import __version__

if TYPE_CHECKING:
    from worker.export import read_decisions
    from worker.inprocess import (
        DataNormalizer,
        DataPoint,
        DataQuality,
        DataValidator,
        PipelineMetrics,
        ProcessingResult,
        RealTimePipeline,
        real_time_pipeline,
    )

__all__ = [
    "DataNormalizer",
    "DataPoint",
    "DataQuality",
    "DataValidator",
    "PipelineMetrics",
    "ProcessingResult",
    "RealTimePipeline",
    "__version__",
    "read_decisions",
    "real_time_pipeline",
]

_HOMES = dict.fromkeys(__all__, "worker.inprocess") | {"read_decisions": "worker.export"}


def __getattr__(name: str) -> Any:
    # Import on first use, so that `import worker` and the command line don't wait for numba.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
