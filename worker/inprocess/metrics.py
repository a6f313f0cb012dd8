"""Figures of the pipeline: counts, rates and times."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from worker.engine.blocks import Blocks

BATCHES = 2_048  # newest batches, for rates and processing times
LATENCIES = 10_000  # newest points, for latencies
WINDOW = 10.0  # seconds before the newest batch, for the throughput
MB = 2.0**20


class PipelineMetrics(msgspec.Struct, frozen=True):
    """Figures at one moment. Times in seconds; NaN where nothing has been processed yet.

    Processing time is a point's share of its batch's time. Latency is from taking the point to having its result,
    waiting included.
    """

    throughput_per_second: float
    avg_processing_time: float
    processing_p95: float
    processing_p99: float
    avg_latency: float
    latency_p95: float
    latency_p99: float
    points_received: int
    points_processed: int  # with a result, accepted or rejected
    points_accepted: int
    points_rejected: int
    points_refused: int  # without room in the queue
    points_dropped: int  # dropped from the input queue
    results_dropped: int  # dropped unread
    input_queue_size: int
    input_queue_capacity: int
    result_queue_size: int
    cached_symbols: int
    symbols: int
    state_mb: float
    memory_mb: float  # resident memory of the whole process
    errors: int
    uptime: float
    blocks: Blocks  # what blocked positions, and how often


class Speed(NamedTuple):
    """The measured part of the metrics."""

    throughput: float
    processing: tuple[float, float, float]  # mean, p95, p99
    latency: tuple[float, float, float]


class _Batch(NamedTuple):
    begun: float
    ended: float
    points: int


class Meter:
    """Measurements of batches. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: deque[_Batch] = deque(maxlen=BATCHES)
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self.accepted = self.rejected = 0
        self.seconds = 0.0  # spent processing
        self.rejections: Counter[int] = Counter()  # by mask
        self._verdicts: Counter[int] = Counter()  # of accepted points (`engine.blocks`)

    def add(
        self, begun: float, ended: float, taken: Sequence[float], rejected: Sequence[int], verdicts: Sequence[int]
    ) -> None:
        """Add a batch: its times and those at which its points were taken (`time.perf_counter`), masks, verdicts.

        `rejected` are the masks of rejected points, `verdicts` the outcomes of the others.
        """
        with self._lock:
            self._batches.append(_Batch(begun, ended, len(taken)))
            self._latencies.extend([ended - since for since in taken[-LATENCIES:]])
            self.accepted += len(taken) - len(rejected)
            self.rejected += len(rejected)
            self.seconds += ended - begun
            self.rejections.update(rejected)
            self._verdicts.update(verdicts)

    def decided(self) -> dict[int, int]:
        """Return the counts of the verdicts of accepted points."""
        with self._lock:
            return dict(self._verdicts)

    def speed(self) -> Speed:
        """Measure the newest batches."""
        with self._lock:
            batches, latencies = list(self._batches), np.array(self._latencies)
            count = self.accepted + self.rejected
            mean = self.seconds / count if count else np.nan
        if not batches:
            nothing = (np.nan, np.nan, np.nan)
            return Speed(0.0, nothing, nothing)
        last = max(batch.ended for batch in batches)
        recent = [batch for batch in batches if batch.ended >= last - WINDOW]
        span = last - min(batch.begun for batch in recent)
        throughput = sum(batch.points for batch in recent) / span if span > 0 else np.nan
        return Speed(throughput, (mean, *_shares(batches)), (float(latencies.mean()), *_tail(latencies)))


def _shares(batches: Sequence[_Batch]) -> tuple[float, float]:
    points = np.array([batch.points for batch in batches])
    shares = np.array([batch.ended - batch.begun for batch in batches]) / points
    order = np.argsort(shares)
    at = np.searchsorted(np.cumsum(points[order]), np.array([0.95, 0.99]) * points.sum())
    p95, p99 = shares[order][np.minimum(at, len(batches) - 1)].tolist()
    return p95, p99


def _tail(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    p95, p99 = np.quantile(values, [0.95, 0.99]).tolist()
    return p95, p99


def memory_mb() -> float:
    """Return the resident memory of this process in units of 2^20 bytes; its peak where only that is known."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB
    except OSError:
        import resource
        import sys

        unit = 1 if sys.platform == "darwin" else 1_024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MB


def now() -> float:
    """Return the clock of all times here, seconds."""
    return time.perf_counter()
