"""Points per second through the in-process pipeline on one worker thread (`make bench WHAT=inprocess`)."""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from tests.bench import report
from tests.unit.inprocess.points import point_of
from worker import DataPoint, RealTimePipeline
from worker.sources.simulation.simulator import Simulation, simulated_records

PATIENCE = 60.0  # seconds
WINDOW = 5_000  # points between the last one added and the last one read: a producer and a reader in one thread


def market(symbols: int, bars: int) -> list[DataPoint]:
    """Bars of a simulated market in order of time."""
    records = simulated_records(Simulation(symbols=symbols, bars=bars, seed=7))
    return [point for record in records if (point := point_of(record)) is not None]


def flood(points: list[DataPoint]) -> dict[str, float]:
    """As fast as one thread can add and read: the rate, and each point's share of its batch's time."""
    shares = np.empty(len(points))
    with RealTimePipeline(num_workers=1) as pipeline:
        cpu, begun, read = time.process_time(), time.perf_counter(), 0
        for added, point in enumerate(points):
            pipeline.add_data_point(point)
            while added - read >= WINDOW:
                read = _read(pipeline, shares, read)
        while read < len(points):
            read = _read(pipeline, shares, read)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    p95, p99 = np.quantile(shares, [0.95, 0.99]).tolist()
    return {
        "points_per_s": len(points) / seconds,
        "points_per_cpu_s": len(points) / cpu,
        "avg_ms": float(shares.mean()) * 1e3,
        "p95_ms": p95 * 1e3,
        "p99_ms": p99 * 1e3,
    }


def one_by_one(points: list[DataPoint]) -> dict[str, float]:
    """Each point's way from `add_data_point` to its result, the pipeline being idle before it."""
    times = np.empty(len(points))
    with RealTimePipeline(num_workers=1) as pipeline:
        for at, point in enumerate(points):
            begun = time.perf_counter()
            pipeline.add_data_point(point)
            assert pipeline.get_result(PATIENCE) is not None
            times[at] = time.perf_counter() - begun
    p50, p95, p99 = np.quantile(times, [0.5, 0.95, 0.99]).tolist()
    return {"one_point_p50_ms": p50 * 1e3, "one_point_p95_ms": p95 * 1e3, "one_point_p99_ms": p99 * 1e3}


def _read(pipeline: RealTimePipeline, shares: np.ndarray[tuple[int], np.dtype[np.float64]], at: int) -> int:
    result = pipeline.get_result(PATIENCE)
    assert result is not None
    shares[at] = result.processing_time
    return at + 1


def main() -> None:
    """Measure, print a table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--single", type=int, default=5_000, help="points that are sent one by one")
    parser.add_argument("--symbols", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    points = market(given.symbols, given.points // given.symbols)
    with RealTimePipeline(num_workers=1):
        pass  # compiled from here on
    runs = [flood(points) | one_by_one(points[: given.single]) for _ in range(given.runs)]
    figures = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    figures["min_points_per_s"] = min(run["points_per_s"] for run in runs)
    figures["max_points_per_s"] = max(run["points_per_s"] for run in runs)
    report.table(figures)
    report.write("bench-inprocess", figures)


if __name__ == "__main__":
    main()
