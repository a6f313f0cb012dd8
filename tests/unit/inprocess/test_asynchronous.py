"""The pipeline on an event loop."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any

import pytest

from schemas import Decision
from tests.unit.inprocess.points import PATIENCE, flat, held
from worker import RealTimePipeline
from worker.inprocess import AsyncPipeline, PipelineError

# What RealTimePipeline shows beside the methods for users, and why AsyncPipeline does not repeat it.
NOT_REPEATED = {
    "aio": "leads to AsyncPipeline itself",
    "callbacks_on": "start() calls it with the running loop",
    "offer": "add_data_point() is built on it",
    "has_ended": "get_result() is built on it",
    "on_room": "add_data_point() is built on it",
    "on_results": "get_result() is built on it",
}


def public(kind: type) -> dict[str, Any]:
    """Public methods and properties of a class, inherited ones included."""
    return {name: member for name, member in inspect.getmembers(kind) if not name.startswith("_")}


def parameters(function: Any) -> list[tuple[str, Any]]:
    """Names and defaults of the parameters."""
    return [(each.name, each.default) for each in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", sorted(public(RealTimePipeline).keys() - NOT_REPEATED))
def test_every_method_has_an_awaitable_twin(name: str) -> None:
    plain, twin = public(RealTimePipeline)[name], public(AsyncPipeline).get(name)
    assert twin is not None, f"AsyncPipeline lacks {name}: add it, or say in NOT_REPEATED why not"
    if isinstance(plain, property):
        assert isinstance(twin, property)
        return
    assert parameters(twin) == parameters(plain)
    answer = inspect.signature(twin).return_annotation
    assert inspect.iscoroutinefunction(twin) or answer == "Done", "it cannot be awaited"


def test_the_asynchronous_class_adds_nothing_and_the_exceptions_exist() -> None:
    assert public(AsyncPipeline).keys() <= public(RealTimePipeline).keys()
    assert public(RealTimePipeline).keys() > NOT_REPEATED.keys()


async def test_what_it_did_is_awaited_too() -> None:
    heard: list[int] = []
    failures: list[PipelineError] = []

    def fail(decision: Decision) -> None:
        raise ArithmeticError(decision.symbol)

    live = RealTimePipeline(num_workers=1).aio
    await live.add_callback("decision", lambda decision: heard.append(decision.sequence))
    live.add_callback("decision", fail)  # holds without being awaited
    await live.add_callback("error", failures.append)
    with pytest.raises(ValueError, match="is not an event"):
        await live.add_callback("doubt", print)
    assert not live.is_running
    async with live as same:
        assert same is live
        assert live.is_running
        *_, last = points = flat("A", 5)
        for point in points:
            await live.add_data_point(point)
    assert heard == [1, 2, 3, 4, 5]
    newest = await live.latest("A")
    assert newest is not None
    assert newest.point is last
    assert await live.latest("B") is None
    metrics = await live.get_metrics()
    assert (metrics.points_processed, metrics.errors) == (5, 5)
    summary = await live.get_error_summary()
    assert summary == live.pipeline.get_error_summary()
    assert summary["by_source"] == {"callback:decision": len(failures)} == {"callback:decision": 5}


async def test_points_and_results_are_awaited() -> None:
    points = flat("A", 30)
    async with RealTimePipeline(num_workers=1, max_queue_size=40) as live:
        for point in points:
            assert await live.add_data_point(point)
        results = [await live.get_result(PATIENCE) for _ in points]
        assert await live.get_result(timeout=0.01) is None
    assert [result.point for result in results if result] == points
    assert await live.get_result(timeout=None) is None


async def test_coroutine_callbacks_run_on_the_callers_loop() -> None:
    heard: asyncio.Queue[tuple[int, int]] = asyncio.Queue()

    async def hear(decision: Decision) -> None:
        await heard.put((decision.sequence, threading.get_ident()))

    pipeline = RealTimePipeline(num_workers=2)
    pipeline.add_callback("decision", hear)
    async with pipeline as live:
        for point in flat("A", 5):
            await live.add_data_point(point)
    assert [heard.get_nowait() for _ in range(5)] == [(n, threading.get_ident()) for n in range(1, 6)]


async def test_a_full_queue_does_not_block_the_loop() -> None:
    pipeline = RealTimePipeline(num_workers=1, max_queue_size=1)
    with held(pipeline) as go:
        first, second = flat("A", 2)
        assert await pipeline.aio.add_data_point(first)
        assert not await pipeline.aio.add_data_point(second, timeout=0.01)
        assert pipeline.get_metrics().points_refused == 1
        waiting = asyncio.create_task(pipeline.aio.add_data_point(second))
        go.set()
        assert await waiting
        assert pipeline.get_metrics().points_refused == 1


async def test_a_cancelled_read_takes_no_result() -> None:
    async with RealTimePipeline(num_workers=1) as live:
        reading = asyncio.create_task(live.get_result(timeout=PATIENCE))
        await asyncio.sleep(0)  # it begins, and waits
        assert not reading.done()
        reading.cancel()
        [point] = flat("A", 1)
        await live.add_data_point(point)
        result = await live.get_result(PATIENCE)
        assert result is not None
        assert result.point is point


async def test_start_and_stop_may_be_awaited() -> None:
    pipeline = RealTimePipeline(num_workers=1)
    await pipeline.start()
    assert pipeline.is_running
    await pipeline.stop()
    assert not pipeline.is_running


async def test_many_may_wait_at_once() -> None:
    points = flat("A", 50)
    async with RealTimePipeline(num_workers=1, max_queue_size=1) as live:
        readers = [asyncio.create_task(live.get_result(timeout=None)) for _ in range(60)]
        adders = [asyncio.create_task(live.add_data_point(point)) for point in points]
        assert all(await asyncio.gather(*adders))
        while sum(reader.done() for reader in readers) < 50:
            await asyncio.wait([reader for reader in readers if not reader.done()], return_when="FIRST_COMPLETED")
    results = await asyncio.gather(*readers)
    assert sum(result is not None for result in results) == 50
    assert sum(result is None for result in results) == 10
    assert not live.pipeline.on_results._waiting
