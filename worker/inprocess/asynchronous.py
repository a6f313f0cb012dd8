"""The pipeline for code on an event loop: the same methods, as awaitables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from worker.inprocess.callbacks import Callback
from worker.inprocess.core import PipelineCore
from worker.inprocess.done import Done
from worker.inprocess.metrics import PipelineMetrics
from worker.inprocess.point import DataPoint
from worker.inprocess.queues.listeners import Listeners
from worker.inprocess.result import ProcessingResult

T = TypeVar("T")


class AsyncPipeline:
    """Every method of `RealTimePipeline`, without blocking the loop.

    Coroutine callbacks run on the loop that started it. Await each call; `add_callback` acts at once, awaited or not.
    """

    def __init__(self, pipeline: PipelineCore) -> None:
        self.pipeline = pipeline

    async def start(self) -> None:
        """Start as `RealTimePipeline.start`."""
        self.pipeline.callbacks_on(asyncio.get_running_loop())
        await asyncio.to_thread(self.pipeline.start)

    async def stop(self, drain: bool = True) -> None:
        """Stop as `RealTimePipeline.stop`."""
        await asyncio.to_thread(self.pipeline.stop, drain)

    async def __aenter__(self) -> AsyncPipeline:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop(drain=error is None)

    @property
    def is_running(self) -> bool:
        """As `RealTimePipeline.is_running`."""
        return self.pipeline.is_running

    async def add_data_point(self, point: DataPoint, timeout: float | None = None) -> bool:
        """Add a point as `RealTimePipeline.add_data_point`; wait for room without blocking the loop."""
        if self.pipeline.settings.overflow != "block":
            return self.pipeline.add_data_point(point)

        def add() -> bool | None:
            return self.pipeline.offer(point) or None

        return await _retried(add, self.pipeline.on_room, timeout) or self.pipeline.add_data_point(point, timeout=0)

    async def get_result(self, timeout: float | None = 1.0) -> ProcessingResult | None:
        """Return a result as `RealTimePipeline.get_result`. A cancelled call takes no result."""

        def get() -> ProcessingResult | bool | None:
            ended = self.pipeline.has_ended  # read before the attempt: results from before the end are still to be read
            return self.pipeline.get_result(timeout=0) or (False if ended else None)

        found = await _retried(get, self.pipeline.on_results, timeout)
        return found if isinstance(found, ProcessingResult) else None

    async def latest(self, symbol: str) -> ProcessingResult | None:
        """Return a result as `RealTimePipeline.latest`."""
        return self.pipeline.latest(symbol)

    def add_callback(self, event: str, function: Callback) -> Done:
        """Add a callback as `RealTimePipeline.add_callback`."""
        self.pipeline.add_callback(event, function)
        return Done()

    async def get_metrics(self) -> PipelineMetrics:
        """Return figures as `RealTimePipeline.get_metrics`; sort and read files in a thread."""
        return await asyncio.to_thread(self.pipeline.get_metrics)

    async def get_error_summary(self) -> dict[str, Any]:
        """Return a summary as `RealTimePipeline.get_error_summary`."""
        return self.pipeline.get_error_summary()


async def _retried(attempt: Callable[[], T | None], changes: Listeners, timeout: float | None) -> T | None:
    """Call `attempt` now and at every change until it returns other than None; return None after `timeout` seconds."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout):
            while True:
                changed = asyncio.Event()
                wake = partial(_wake, loop, changed)
                changes.add(wake)  # before the attempt, so that no change is missed
                try:
                    if (answer := attempt()) is not None:
                        return answer
                    await changed.wait()
                finally:
                    changes.discard(wake)
    except TimeoutError:
        return None


def _wake(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop was closed: nobody waits any more
        loop.call_soon_threadsafe(changed.set)
