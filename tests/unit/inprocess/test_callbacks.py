"""Plain and coroutine callbacks, in order; one that raises harms nobody."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from schemas import Decision
from tests.unit.inprocess.points import collect, flat
from worker import DataPoint, ProcessingResult, RealTimePipeline
from worker.inprocess import PipelineError


def bad(point: DataPoint) -> DataPoint:
    return DataPoint(point.symbol, point.timestamp, point.open, 1.0, 200.0, point.close, point.volume)


def test_each_event_gets_its_own_argument() -> None:
    good = flat("A", 3)
    heard: dict[str, list[Any]] = {"data_processed": [], "data_rejected": [], "decision": [], "error": []}
    pipeline = RealTimePipeline(num_workers=1)
    for event, arguments in heard.items():
        pipeline.add_callback(event, arguments.append)
    with pipeline:
        for point in (good[0], bad(good[1]), good[2]):
            pipeline.add_data_point(point)
    assert [result.point for result in heard["data_processed"]] == [good[0], good[2]]
    [rejected] = heard["data_rejected"]
    assert isinstance(rejected, ProcessingResult)
    assert rejected.quality_codes == ["ohlc_inconsistent"]
    assert all(isinstance(decision, Decision) for decision in heard["decision"])
    assert [decision.sequence for decision in heard["decision"]] == [1, 3]
    assert heard["error"] == []


def test_coroutine_functions_run_in_order_and_stop_waits_for_them() -> None:
    heard: list[tuple[str, int]] = []
    threads = set()

    async def slow(decision: Decision) -> None:
        await asyncio.sleep(0)
        threads.add(threading.current_thread().name)
        heard.append((decision.symbol, decision.sequence))

    pipeline = RealTimePipeline(num_workers=3)
    pipeline.add_callback("decision", slow)
    with pipeline:
        for at in range(40):
            for symbol in "ABC":
                pipeline.add_data_point(flat(symbol, 1, at)[0])
    for symbol in "ABC":
        assert [number for name, number in heard if name == symbol] == list(range(1, 41))
    assert threads == {"alphapulse-callbacks"}


def test_a_raising_callback_is_reported_and_the_rest_goes_on() -> None:
    errors: list[PipelineError] = []
    heard: list[ProcessingResult] = []

    def breaks(_: Any) -> None:
        raise ValueError("not today")

    async def breaks_later(_: Any) -> None:
        raise KeyError("nor later")

    pipeline = RealTimePipeline(num_workers=1)
    pipeline.add_callback("data_processed", breaks)
    pipeline.add_callback("data_processed", heard.append)
    pipeline.add_callback("decision", breaks_later)
    pipeline.add_callback("error", errors.append)
    pipeline.add_callback("error", breaks)
    with pipeline:
        for point in flat("A", 3):
            pipeline.add_data_point(point)
        assert len(collect(pipeline, 3)) == 3
    assert len(heard) == 3
    assert sorted({(error.source, error.kind, error.symbol) for error in errors}) == [
        ("callback:data_processed", "ValueError", "A"),
        ("callback:decision", "KeyError", "A"),
    ]
    summary = pipeline.get_error_summary()
    assert summary["by_source"] == {"callback:data_processed": 3, "callback:decision": 3, "callback:error": 6}
    assert summary["by_type"] == {"ValueError": 9, "KeyError": 3}
    assert summary["total"] == pipeline.get_metrics().errors == 12
    assert summary["recent"][0]["message"] == "not today"
    assert json.loads(json.dumps(summary["recent"], default=str))[0]["source"] == "callback:data_processed"


def test_a_callback_may_stop_the_pipeline() -> None:
    pipeline = RealTimePipeline(num_workers=1)
    pipeline.add_callback("data_processed", lambda _: pipeline.stop())
    pipeline.start()
    pipeline.add_data_point(flat("A", 1)[0])
    assert len(collect(pipeline, 1)) == 1
    assert pipeline.get_result(timeout=None) is None
    pipeline.stop()
    assert not pipeline.is_running


def test_there_are_four_events() -> None:
    with pytest.raises(ValueError, match="known: data_processed, data_rejected, decision, error"):
        RealTimePipeline().add_callback("done", print)
    with pytest.raises(TypeError):
        RealTimePipeline().add_callback("decision", None)  # type: ignore[arg-type]


def test_a_callback_that_adds_points_never_waits() -> None:
    answers: list[bool] = []
    later = flat("A", 10, first=5)
    pipeline = RealTimePipeline(num_workers=1, max_queue_size=3)

    def add(result: ProcessingResult) -> None:
        if result.symbol == "B":
            answers.extend(pipeline.add_data_point(point) for point in later)

    pipeline.add_callback("data_processed", add)
    with pipeline:
        pipeline.add_data_point(flat("B", 1)[0])
        assert len(collect(pipeline, 4)) == 4
    assert answers == [True] * 3 + [False] * 7


def test_a_loop_that_is_gone_harms_nobody() -> None:
    async def hear(_: Any) -> None: ...

    pipeline = RealTimePipeline(num_workers=1)
    pipeline.add_callback("decision", hear)
    asyncio.run(pipeline.aio.start())
    pipeline.add_data_point(flat("A", 1)[0])
    assert len(collect(pipeline, 1)) == 1
    pipeline.stop()
    assert pipeline.get_error_summary()["by_source"] == {"callback:decision": 1}
