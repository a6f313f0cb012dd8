"""Whether all kernels are compiled, told by a file in a folder of them: then nothing need be loaded to know it."""

from __future__ import annotations

from pathlib import Path

from worker.engine.compiled.cache import FINISHED, KernelCache, platform_name
from worker.engine.kernel import CACHE, source_hash

DONE = "all-"  # begins the name of an empty file in a folder that lacks no kernel of these sources
SOURCES = (
    "worker.backtest.sweeping.deciding",
    "worker.models.serving.circuit",
    "worker.monitoring.warm",
    "worker.strategy.running.observing",
    "worker.wire.records",
)


def complete(cache: KernelCache = CACHE) -> bool:
    """Return whether nothing is left to compile, as far as files tell: what was deleted since is compiled again."""
    folders = (FINISHED / platform_name(), *([] if cache.folder is None else [cache.folder]))
    return any(mark(folder).exists() for folder in folders)


def mark(folder: Path) -> Path:
    """Return the file that says it of a folder: it is named after a hash of all sources of kernels."""
    return folder / (DONE + "-".join(source_hash(module)[:8] for module in SOURCES))
