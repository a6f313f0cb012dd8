"""What a result says, the cache of the latest ones, and the metrics."""

from __future__ import annotations

import time

import pytest

from tests.unit.inprocess.points import collect, flat, run, simulated
from worker import DataPoint, DataQuality, RealTimePipeline
from worker.engine.stages.features import FEATURE_NAMES
from worker.engine.stages.signal import COMPONENTS


def test_an_accepted_point() -> None:
    points = [point for _, point in simulated(symbols=1, bars=150, seed=3)]
    results = run(points)
    first, last = results[0], results[-1]
    assert (last.symbol, last.timestamp, last.accepted) == (points[-1].symbol, points[-1].timestamp, True)
    assert last.quality == DataQuality.EXCELLENT > DataQuality.GOOD
    assert (last.quality.label, last.quality_score, last.quality_codes) == ("Excellent", 1.0, [])
    assert first.normalized is None
    assert last.normalized is not None
    assert list(last.normalized) == ["open", "high", "low", "close", "volume"]
    assert tuple(last.features) == FEATURE_NAMES
    assert all(value is not None for value in last.features.values())
    assert first.features["rsi_14"] is None
    assert first.regime == "unknown"
    decision = last.execution_decision
    assert decision["action"] in {"hold", "open_long", "open_short", "close", "reduce"}
    assert decision["regime"] == last.regime
    assert decision["risk"] == last.risk
    assert last.signal is not None
    assert last.signal["final"] == decision["final"]
    assert set(last.signal["contributions"]) <= set(COMPONENTS)
    assert sum(last.signal["contributions"].values()) == pytest.approx(decision["score"], abs=1e-5)
    assert any(result.patterns for result in results)
    assert 0 < last.processing_time < 60
    assert "Excellent" in repr(last)


def test_a_rejected_point() -> None:
    good, late = flat("A", 2)
    [_, _, result] = run([good, late, good])
    assert not result.accepted
    assert (result.quality, result.quality_score, result.quality_codes) == (DataQuality.INVALID, 0.0, ["out_of_order"])
    assert result.execution_decision["action"] == "rejected"
    assert result.execution_decision["codes"] == ["out_of_order"]
    assert (result.features, result.patterns) == ({}, [])
    assert (result.regime, result.signal, result.risk, result.normalized) == (None, None, None, None)


def test_a_kept_result_keeps_no_batch() -> None:
    result = run(flat("A", 500))[7]
    assert len(result._row) < 10_000


def test_the_cache_holds_the_newest_of_so_many_symbols() -> None:
    pipeline = RealTimePipeline(num_workers=1, cache_size=3)
    with pipeline:
        for symbol in "ABC":
            pipeline.add_data_point(flat(symbol, 1)[0])
        collect(pipeline, 3)
        assert pipeline.latest("A") is not None  # read: now the least recently used one is B
        pipeline.add_data_point(flat("D", 1)[0])
        collect(pipeline, 1)
        newest = flat("C", 2)[1]
        pipeline.add_data_point(newest)
        pipeline.add_data_point(flat("C", 1)[0])  # out of order: rejected
        collect(pipeline, 2)
    kept = pipeline.latest("C")
    assert kept is not None
    assert kept.point == newest
    assert tuple(kept.features) == FEATURE_NAMES
    assert pipeline.latest("B") is None
    assert pipeline.get_metrics().cached_symbols == 3


def test_without_caching_nothing_is_kept() -> None:
    pipeline = RealTimePipeline(num_workers=1, enable_caching=False)
    with pipeline:
        pipeline.add_data_point(flat("A", 1)[0])
        collect(pipeline, 1)
    assert pipeline.latest("A") is None
    assert pipeline.get_metrics().cached_symbols == 0


def test_metrics_agree_with_a_stopwatch() -> None:
    points = flat("A", 3_000)
    points[10] = DataPoint("A", points[10].timestamp, -1.0, 1.0, -1.0, 1.0, 1.0)
    with RealTimePipeline(num_workers=1) as pipeline:
        begun = time.perf_counter()
        for point in points:
            pipeline.add_data_point(point)
        results = collect(pipeline, len(points))
        elapsed = time.perf_counter() - begun
        metrics = pipeline.get_metrics()
    assert metrics.points_received == metrics.points_processed == 3_000
    assert (metrics.points_accepted, metrics.points_rejected) == (2_999, 1)
    assert pipeline.get_error_summary()["rejected"] == {"non_positive_price": 1}
    assert metrics.throughput_per_second >= 3_000 / elapsed
    assert 0 < metrics.avg_processing_time * 3_000 <= elapsed
    assert 0 < metrics.processing_p95 <= metrics.processing_p99 <= elapsed
    assert 0 < metrics.avg_latency <= elapsed
    assert 0 < metrics.latency_p95 <= metrics.latency_p99 <= elapsed
    assert sum(result.processing_time for result in results) <= elapsed
    assert metrics.uptime >= elapsed
    assert (metrics.input_queue_size, metrics.input_queue_capacity, metrics.result_queue_size) == (0, 10_000, 0)
    assert metrics.symbols == 1
    assert 10 < metrics.memory_mb < 100_000
    assert 0 < metrics.state_mb < metrics.memory_mb


def test_metrics_before_the_first_point() -> None:
    metrics = RealTimePipeline().get_metrics()
    assert metrics.points_processed == metrics.throughput_per_second == metrics.uptime == 0
    assert metrics.avg_processing_time != metrics.avg_processing_time  # NaN
