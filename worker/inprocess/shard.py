"""One worker thread: takes waiting points, runs them as one batch, passes on the results."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np

from worker.engine.blocks import verdicts
from worker.inprocess.callbacks import Callbacks
from worker.inprocess.engine import PointBatch, PointEngine
from worker.inprocess.metrics import Meter, now
from worker.inprocess.point import DataPoint
from worker.inprocess.queues.input import WaitingPoints
from worker.inprocess.queues.latest import LatestResults
from worker.inprocess.queues.results import ReadyResults
from worker.inprocess.result import ProcessingResult


class Shard:
    """The thread and the engine of its symbols. Their states outlive a stop."""

    def __init__(
        self,
        number: int,
        engine: PointEngine,
        waiting: WaitingPoints,
        ready: ReadyResults,
        latest: LatestResults,
        callbacks: Callbacks,
        meter: Meter,
        batch_size: int,
        on_end: Callable[[], None],
    ) -> None:
        self.engine = engine
        self.failure: Exception | None = None
        self._number, self._waiting, self._batch_size = number, waiting, batch_size
        self._on_end = on_end
        self._ready, self._latest, self._callbacks, self._meter = ready, latest, callbacks, meter
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self.thread = threading.Thread(target=self._run, name=f"alphapulse-{self._number}", daemon=True)
        self.thread.start()

    def join(self) -> None:
        """Wait for the thread's end; from the thread itself return at once."""
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join()
            self.thread = None

    def _run(self) -> None:
        try:
            while taken := self._waiting.take(self._number, self._batch_size):
                self._process([point for point, _ in taken], [since for _, since in taken])
        except Exception as error:  # the states may be half advanced: this pipeline must not continue
            self.failure = error
            self._waiting.close(drop=True)
            self._callbacks.error("pipeline", error)
        finally:
            self._on_end()

    def _process(self, points: Sequence[DataPoint], since: Sequence[float]) -> None:
        begun = now()
        batch = self.engine.run(points)
        judged = batch.outs["validation"]
        accepted, masks = judged["accepted"].tolist(), judged["mask"].tolist()
        results = self._results(points, batch, accepted, begun)
        rejected = [mask for mask, good in zip(masks, accepted, strict=True) if not good]
        decided = [verdict for verdict, good in zip(verdicts(batch.outs).tolist(), accepted, strict=True) if good]
        self._meter.add(begun, now(), since, rejected, decided)
        self._latest.put(results)
        self._ready.put(results)
        self._callbacks.results(results)

    def _results(
        self, points: Sequence[DataPoint], batch: PointBatch, accepted: Sequence[bool], begun: float
    ) -> list[ProcessingResult]:
        outs, notes, engine = batch.outs, batch.notes, self.engine
        levels = outs["validation"]["level"].tolist()
        share = (now() - begun) / len(points)
        # Own bytes: a kept result must not keep its batch alive, and numpy copies nested records slowly.
        rows = outs.view(np.uint8).reshape(len(points), outs.itemsize)
        return [
            ProcessingResult(point, rows[at].tobytes(), good, level, notes.get(at), share, engine)
            for at, (point, good, level) in enumerate(zip(points, accepted, levels, strict=True))
        ]
