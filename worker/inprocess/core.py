"""The core of the pipeline, for callers with and without an event loop: threads, queues, results, figures."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack
from zlib import crc32

from pydantic import ValidationError

from worker.configured_strategy import defined, filled, hooked, named
from worker.engine.blocks import blocks
from worker.engine.reasons import codes
from worker.engine.settings import EngineSettings
from worker.engine.state.layout import STATE
from worker.errors import ConfigError
from worker.inprocess.callbacks import Callback, Callbacks
from worker.inprocess.coroutines import CoroutineRunner
from worker.inprocess.done import Done
from worker.inprocess.engine import PointEngine
from worker.inprocess.errors import ErrorLog, PipelineStopped
from worker.inprocess.metrics import MB, Meter, PipelineMetrics, memory_mb, now
from worker.inprocess.objects.integrations import Integrations
from worker.inprocess.objects.overrides import Overrides
from worker.inprocess.point import DataPoint
from worker.inprocess.queues.input import WaitingPoints
from worker.inprocess.queues.latest import LatestResults
from worker.inprocess.queues.listeners import Listeners
from worker.inprocess.queues.results import ReadyResults
from worker.inprocess.reader import key_of
from worker.inprocess.result import ProcessingResult
from worker.inprocess.settings import Options, PipelineSettings
from worker.inprocess.shard import Shard
from worker.instruments import load_engine
from worker.models.serving.library import Library, configured_stages, exclusive

if TYPE_CHECKING:
    from worker.strategy import Strategy
    from worker.strategy.running.watchdog import Stuck


class PipelineCore:
    """Shards of the engine between a queue of points and one of results. All methods may be called from any thread."""

    def __init__(self, engine: EngineSettings | Mapping[str, Any] | None = None, **options: Unpack[Options]) -> None:
        given: dict[str, Any] = dict(options)
        parts = {name: given.pop(name) for name in Integrations._fields if name in given}
        strategy = given.pop("strategy", None)
        self.settings = _settings(given)
        self.engine = filled(_engine(engine, strategy), strategy)
        self._strategy = defined(self.engine, strategy)
        self._models = _models(self.engine, self.settings, parts.get("model_registry"))
        self._errors = ErrorLog()
        for problem in self._models.refused:
            self._errors.add("model", problem)
        self._runner = CoroutineRunner(self.settings.max_queue_size)
        self._callbacks = Callbacks(self._errors, self._runner)
        self._overrides = Overrides(Integrations(**parts), self._callbacks.error, self.engine.signal.model_weight)
        if self._strategy is not None and self._overrides.given.deciding:
            raise ConfigError(
                "engine.strategy and objects that take part in deciding exclude each other: one has a say",
                "Leave one of them out",
            )
        self._waiting = WaitingPoints(
            self.settings.threads, self.settings.max_queue_size, self.settings.overflow, lambda: not self._is_ours()
        )
        self._ready = ReadyResults(self.settings.max_unread_results)
        self._latest = LatestResults(self.settings.cache_size if self.settings.enable_caching else 0)
        self._meter = Meter()
        self._shards: list[Shard] = []
        self._switching = threading.RLock()  # held by start and stop
        self._ending = threading.Lock()
        self._live = 0  # number of running threads
        self._started = 0.0

    # Running

    def start(self) -> Done:
        """Compile the engine or load it from its cache, then start the threads; return when points can be added.

        Starting a running pipeline changes nothing; a stopped one continues with its states. The returned object may be
        awaited, which does nothing.

        Raises:
            PipelineStopped: the engine failed before; make a new pipeline.
        """
        with self._switching:
            if self._waiting.is_open:
                return Done()
            if self._failure():
                raise self._stopped()
            if not self._shards:
                self._shards = [self._shard(number) for number in range(self.settings.threads)]
            self._shards[0].engine.warm_up()
            for shard in self._shards:
                shard.join()
            self._live = len(self._shards)
            self._started = now()
            self._ready.begin()
            self._waiting.open()
            for shard in self._shards:
                shard.start()
        return Done()

    def stop(self, drain: bool = True) -> Done:
        """Accept no more points; process those that wait (or drop them), finish the callbacks, end the threads.

        Results stay readable. Stopping a stopped pipeline changes nothing. A call from a callback does not wait.
        """
        self._waiting.close(drop=not drain)
        if self._is_ours():
            return Done()
        with self._switching:
            for shard in self._shards:
                shard.join()
            self._runner.close()
            self._runner.use(None)
        return Done()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(drain=error is None)

    @property
    def is_running(self) -> bool:
        """Whether points can be added."""
        return self._waiting.is_open

    # Points and results

    def add_data_point(self, point: DataPoint, timeout: float | None = None) -> bool:
        """Add a point; return False when it found no room.

        With a full queue, as `overflow` says: wait up to `timeout` seconds, refuse, or drop the oldest. None waits
        forever; a callback never waits.

        Raises:
            PipelineStopped: the pipeline does not run.
        """
        return self._add(point, timeout, count=True)

    def offer(self, point: DataPoint) -> bool:
        """Add a point without waiting; do not count a refusal, because the caller will try again."""
        return self._add(point, 0.0, count=False)

    def get_result(self, timeout: float | None = 1.0) -> ProcessingResult | None:
        """Return the oldest unread result; each is returned once, a symbol's in order of its points.

        Return None when none came within `timeout` seconds (None = forever), or none will: the pipeline has stopped.
        """
        return self._ready.get(timeout)

    def latest(self, symbol: str) -> ProcessingResult | None:
        """Return the newest accepted result of a symbol, with its features; None if it is not in the cache."""
        return self._latest.get(symbol)

    def add_callback(self, event: str, function: Callback) -> None:
        """Call `function` with one argument at every `event`; it may be a coroutine function.

        `data_processed`, `data_rejected`: the ProcessingResult. `decision`: the `schemas.Decision` of every accepted
        point. `error`: a PipelineError.

        Raises:
            ValueError: there is no such event.
        """
        self._callbacks.add(event, function)

    # Figures

    def get_metrics(self) -> PipelineMetrics:
        """Return counts, rates, times, queues and memory at this moment."""
        meter, waiting, ready = self._meter, self._waiting, self._ready
        speed = meter.speed()
        capacity = sum(len(shard.engine.symbols.states) for shard in self._shards)
        return PipelineMetrics(
            throughput_per_second=speed.throughput,
            avg_processing_time=speed.processing[0],
            processing_p95=speed.processing[1],
            processing_p99=speed.processing[2],
            avg_latency=speed.latency[0],
            latency_p95=speed.latency[1],
            latency_p99=speed.latency[2],
            points_received=waiting.received,
            points_processed=meter.accepted + meter.rejected,
            points_accepted=meter.accepted,
            points_rejected=meter.rejected,
            points_refused=waiting.refused,
            points_dropped=waiting.dropped,
            results_dropped=ready.dropped,
            input_queue_size=waiting.size,
            input_queue_capacity=self.settings.max_queue_size,
            result_queue_size=len(ready),
            cached_symbols=len(self._latest),
            symbols=sum(shard.engine.known for shard in self._shards),
            state_mb=capacity * STATE.itemsize / MB,
            memory_mb=memory_mb(),
            errors=self._errors.total,
            blocks=blocks(meter.decided()),
            uptime=now() - self._started if self.is_running else 0.0,
        )

    def get_error_summary(self) -> dict[str, Any]:
        """Return `total`, `by_source`, `by_type` and `recent` of failures, `rejected` by code, and `dropped`."""
        rejected: dict[str, int] = {}
        for mask, count in list(self._meter.rejections.items()):
            for code in codes(mask):
                rejected[code] = rejected.get(code, 0) + count
        dropped = {"points": self._waiting.dropped, "refused": self._waiting.refused, "results": self._ready.dropped}
        return self._errors.summary() | {"rejected": rejected, "dropped": dropped}

    def callbacks_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run coroutine callbacks on `loop` until the next stop; otherwise they have their own loop and thread."""
        self._runner.use(loop)

    @property
    def has_ended(self) -> bool:
        """Whether no further result will come."""
        return self._ready.has_ended

    @property
    def on_room(self) -> Listeners:
        """Listeners called once each, from any thread, when there may be room for a point."""
        return self._waiting.listeners

    @property
    def on_results(self) -> Listeners:
        """Listeners called once each, from any thread, when there are results or no more will come."""
        return self._ready.listeners

    def _add(self, point: DataPoint, timeout: float | None, count: bool) -> bool:
        if not isinstance(point, DataPoint):
            raise TypeError(f"a DataPoint is needed, not {type(point).__name__}")
        if self._waiting.put(self._shard_of(point), point, timeout, count):
            return True
        if not self._waiting.is_open:
            raise self._stopped()
        return False

    def _shard_of(self, point: DataPoint) -> int:
        shards = self.settings.threads
        return crc32(key_of(point)) % shards if shards > 1 else 0

    def _shard(self, number: int) -> Shard:
        strategy = hooked(self.engine, self._strategy, self._does_not_return)
        engine = PointEngine(self.engine, self._overrides, self._models.switchboard(), strategy)
        shared = (self._waiting, self._ready, self._latest, self._callbacks, self._meter)
        return Shard(number, engine, *shared, self.settings.max_batch_size, self._ended)

    def _does_not_return(self, stuck: Stuck) -> None:
        self._callbacks.error("strategy", stuck.error(), stuck.symbol)  # the process is the user's, who may end it

    def _is_ours(self) -> bool:
        """Return whether the caller is a callback, which must not wait for the thread that runs it."""
        return self._runner.is_caller or threading.current_thread() in (shard.thread for shard in self._shards)

    def _ended(self) -> None:
        with self._ending:
            self._live -= 1
            if self._live == 0:
                self._ready.end()

    def _failure(self) -> Exception | None:
        return next((shard.failure for shard in self._shards if shard.failure), None)

    def _stopped(self) -> PipelineStopped:
        failure = self._failure()
        if failure is None:
            return PipelineStopped("the pipeline does not run", "Call start() first, or use `with pipeline:`")
        stopped = PipelineStopped(f"the engine failed: {failure!r}", "Make a new pipeline")
        stopped.__cause__ = failure
        return stopped


def _engine(given: EngineSettings | Mapping[str, Any] | None, strategy: type[Strategy] | None) -> EngineSettings:
    given = given or {} if strategy is None else named(given or {}, strategy)
    return given if isinstance(given, EngineSettings) else load_engine(given)


def _models(engine: EngineSettings, settings: PipelineSettings, given: object) -> Library:
    if given is not None and engine.model.name is not None:
        raise exclusive("engine.model", "model_registry")
    return Library(engine.model, settings.registry, stages=configured_stages(engine.plugins), voice=engine.voice)


def _settings(options: dict[str, Any]) -> PipelineSettings:
    try:
        return PipelineSettings(**options)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        known = ", ".join((*PipelineSettings.model_fields, *Integrations._fields, "strategy"))
        problem = f"an option of the pipeline does not fit: {where}: {first['msg']}"
        raise ConfigError(problem, f"Known: {known}") from None
