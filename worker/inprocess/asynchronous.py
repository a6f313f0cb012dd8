"""The pipeline for code that runs on an event loop: the same methods, to be awaited."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from worker.inprocess.point import DataPoint
from worker.inprocess.result import ProcessingResult

if TYPE_CHECKING:
    from worker.inprocess.pipeline import RealTimePipeline


class AsyncPipeline:
    """Waits without blocking the loop. Coroutine callbacks run on the loop that started it."""

    def __init__(self, pipeline: RealTimePipeline) -> None:
        self.pipeline = pipeline

    async def start(self) -> None:
        """See `RealTimePipeline.start`."""
        self.pipeline.callbacks_on(asyncio.get_running_loop())
        await asyncio.to_thread(self.pipeline.start)

    async def stop(self, drain: bool = True) -> None:
        """See `RealTimePipeline.stop`."""
        await asyncio.to_thread(self.pipeline.stop, drain)

    async def add_data_point(self, point: DataPoint, timeout: float | None = None) -> bool:
        """See `RealTimePipeline.add_data_point`; waits for room without blocking the loop."""
        if self.pipeline.settings.overflow != "block":
            return self.pipeline.add_data_point(point)
        deadline = _deadline(timeout)
        while not self.pipeline.add_data_point(point, timeout=0):
            left = _left(deadline)
            if left == 0 or not await asyncio.to_thread(self.pipeline.room, left):
                return False
        return True

    async def get_result(self, timeout: float | None = 1.0) -> ProcessingResult | None:
        """See `RealTimePipeline.get_result`. A cancelled call takes no result."""
        deadline = _deadline(timeout)
        while (result := self.pipeline.get_result(timeout=0)) is None:
            left = _left(deadline)
            if left == 0 or not await asyncio.to_thread(self.pipeline.result_ready, left):
                return None
            if self.pipeline.has_ended:
                return self.pipeline.get_result(timeout=0)
        return result


def _deadline(timeout: float | None) -> float | None:
    return None if timeout is None else time.monotonic() + timeout


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(deadline - time.monotonic(), 0.0)
