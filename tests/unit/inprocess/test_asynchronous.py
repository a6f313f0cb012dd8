"""The pipeline on an event loop."""

from __future__ import annotations

import asyncio
import threading

from schemas import Decision
from tests.unit.inprocess.points import PATIENCE, flat, held
from worker import RealTimePipeline


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
