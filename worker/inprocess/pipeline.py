"""`RealTimePipeline`: the engine in this process, for notebooks and small devices; no Kafka."""

from __future__ import annotations

from types import TracebackType

from worker.inprocess.asynchronous import AsyncPipeline
from worker.inprocess.core import PipelineCore


class RealTimePipeline(PipelineCore):
    """A pipeline from bars to results in threads of this process. All methods may be called from any thread.

    `options` are the fields of `PipelineSettings` (`max_queue_size`, `overflow`, `num_workers`, ...), those of
    `Integrations` (`feature_extractor`, `model_registry`, ...), and `strategy`, a class of `worker.strategy.Strategy`.
    `engine` holds the engine's settings, as the section `engine` of the worker's settings; equal settings give the
    worker's decisions, byte for byte.

    Use it plainly (`start`, `stop`, or `with`), or on an event loop through `aio` (or `async with`).

    Raises:
        ConfigError: an option or a setting is invalid.
        TryAgain: a model is configured, and this machine can't run models.
        TypeError: an integration object lacks its method.
    """

    @property
    def aio(self) -> AsyncPipeline:
        """The same pipeline with methods to `await`."""
        return AsyncPipeline(self)

    async def __aenter__(self) -> AsyncPipeline:
        return await self.aio.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aio.__aexit__(kind, error, trace)
