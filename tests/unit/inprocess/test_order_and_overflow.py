"""Order per symbol, and what happens to a point that finds the queue full."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import datetime

import pytest

from tests.unit.inprocess.points import PATIENCE, collect, flat, held
from worker import DataPoint, ProcessingResult, RealTimePipeline
from worker.inprocess import PipelineStopped


def test_each_symbol_keeps_its_order_over_four_threads() -> None:
    symbols = [f"S{n}" for n in range(23)]
    series = {symbol: flat(symbol, 80) for symbol in symbols}
    threads = defaultdict(set)
    heard: dict[str, list[datetime]] = defaultdict(list)

    def hear(result: ProcessingResult) -> None:
        threads[result.symbol].add(threading.get_ident())
        heard[result.symbol].append(result.timestamp)

    pipeline = RealTimePipeline(num_workers=4, max_queue_size=50, max_batch_size=7)
    pipeline.add_callback("data_processed", hear)
    read: dict[str, list[datetime]] = defaultdict(list)
    with pipeline:
        for at in range(80):
            for symbol in symbols:
                assert pipeline.add_data_point(series[symbol][at])
            for result in collect(pipeline, len(symbols)):
                read[result.symbol].append(result.timestamp)
    wanted = {symbol: [point.timestamp for point in points] for symbol, points in series.items()}
    assert read == wanted
    assert heard == wanted
    assert all(len(used) == 1 for used in threads.values())
    assert len(set.union(*threads.values())) == 4


def test_without_parallel_processing_there_is_one_thread() -> None:
    used = set()
    pipeline = RealTimePipeline(num_workers=4, enable_parallel_processing=False)
    pipeline.add_callback("data_processed", lambda _: used.add(threading.get_ident()))
    with pipeline:
        for symbol in "ABCDEFGH":
            pipeline.add_data_point(flat(symbol, 1)[0])
        collect(pipeline, 8)
    assert len(used) == 1


def test_block_waits_for_room() -> None:
    pipeline = RealTimePipeline(num_workers=1, max_queue_size=2, overflow="block")
    with held(pipeline) as go:
        first, second, third = flat("A", 3)
        assert pipeline.add_data_point(first)
        assert pipeline.add_data_point(second)
        assert not pipeline.add_data_point(third, timeout=0.01)
        assert pipeline.get_metrics().points_refused == 1
        added: list[bool] = []
        adding = threading.Thread(target=lambda: added.append(pipeline.add_data_point(third)))
        adding.start()
        go.set()
        adding.join(PATIENCE)
        assert added == [True]
        assert [r.timestamp for r in collect(pipeline, 4)[1:]] == [p.timestamp for p in (first, second, third)]


def test_reject_refuses_at_once() -> None:
    pipeline = RealTimePipeline(num_workers=1, max_queue_size=2, overflow="reject")
    with held(pipeline):
        assert [pipeline.add_data_point(point) for point in flat("A", 4)] == [True, True, False, False]
        assert pipeline.get_error_summary()["dropped"]["refused"] == 2


def test_drop_oldest_keeps_the_newest() -> None:
    pipeline = RealTimePipeline(num_workers=1, max_queue_size=2, overflow="drop_oldest")
    points = flat("A", 5)
    with held(pipeline) as go:
        assert all(pipeline.add_data_point(point) for point in points)
        assert pipeline.get_metrics().points_dropped == 3
        assert pipeline.get_metrics().input_queue_size == 2
        go.set()
        assert [result.point for result in collect(pipeline, 3)[1:]] == points[3:]


def test_the_bound_is_common_to_all_threads() -> None:
    pipeline = RealTimePipeline(num_workers=1, max_queue_size=3, overflow="reject")
    with held(pipeline):
        assert [pipeline.add_data_point(flat(s, 1)[0]) for s in "ABCDE"] == [True, True, True, False, False]


def test_unread_results_are_bounded_and_what_goes_is_counted() -> None:
    points = flat("A", 30)
    pipeline = RealTimePipeline(num_workers=1, max_unread_results=10)
    with pipeline:
        for point in points:
            pipeline.add_data_point(point)
    metrics = pipeline.get_metrics()
    assert metrics.points_processed == 30
    assert metrics.results_dropped == 20
    assert [result.point for result in collect(pipeline, 10)] == points[20:]


def test_stop_frees_a_blocked_producer() -> None:
    pipeline = RealTimePipeline(num_workers=1, max_queue_size=1)
    refused: list[type[BaseException]] = []

    def add(point: DataPoint) -> None:
        try:
            pipeline.add_data_point(point)
        except PipelineStopped as stopped:
            refused.append(type(stopped))

    with held(pipeline) as go:
        first, second = flat("A", 2)
        pipeline.add_data_point(first)
        adding = threading.Thread(target=add, args=(second,))
        adding.start()
        stopping = threading.Thread(target=pipeline.stop, args=(False,))
        stopping.start()
        adding.join(PATIENCE)
        go.set()
        stopping.join(PATIENCE)
    assert refused == [PipelineStopped]


def test_only_points_are_taken() -> None:
    with RealTimePipeline(num_workers=1) as pipeline, pytest.raises(TypeError, match="DataPoint"):
        pipeline.add_data_point({"symbol": "A"})  # type: ignore[arg-type]
