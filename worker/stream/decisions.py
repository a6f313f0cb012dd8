"""The fleet's job: ticks in, decisions and rejections out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from aiokafka import TopicPartition
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from numpy.typing import NDArray

from worker.configured_strategy import shelf
from worker.engine.output.tally import Tally
from worker.engine.partition import PartitionEngine
from worker.engine.pipeline import OUTPUT
from worker.engine.records.raw import RawRecords, together
from worker.engine.settings import ENGINE_VERSION, EngineSettings, ModelSettings
from worker.engine.stages.ingestion import Decoded, Decoder
from worker.engine.together import step_together
from worker.errors import ConfigError
from worker.kafka.records.decode import decode
from worker.models.serving.library import Library, configured_stages, exclusive
from worker.settings import ModelsSettings, Settings
from worker.stream.output.encoder import OutputEncoder
from worker.stream.state import dirty
from worker.stream.state.spill import Spilling
from worker.telemetry.metrics import METRICS

MIN_BATCH = 65_536  # bytes
BAR = 1_700_000_000_000 // 60_000 * 60_000  # its open, epoch ms: a time at which markets have bars


def _record_set() -> bytes:
    """Build a batch of two accepted records and a rejected one: more than a batch's first record needs kernels."""
    tick = b'{"symbol":"%s","ts":%d,"open":1.5,"high":1.75,"low":1.25,"close":1.5,"volume":10,"interval":"1m"}'
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, MIN_BATCH)
    for offset, (key, value) in enumerate([(b"A", tick % (b"A", BAR)), (b"B", tick % (b"B", BAR)), (b"C", b"no bar")]):
        builder.append(offset, BAR + 60_000, key, value, [])
    return bytes(builder.build())


def library(engine: EngineSettings, models: ModelsSettings) -> Library | None:
    """Load the models; return None if each symbol's own model learns, as no other is used then.

    Raises:
        ConfigError: the settings contradict each other.
        AlphapulseError: this machine can't run models (exit code 75).
    """
    if engine.learning.enabled:
        if models != ModelsSettings():
            raise exclusive("engine.learning.enabled", "the section models")
        return None
    try:
        challenger = ModelSettings(**models.challenger.model_dump())
    except ValueError as error:
        raise ConfigError(f"models.challenger does not fit: {error}", "Give name, version and digest") from None
    stages = configured_stages(engine.plugins, lambda name, rows: METRICS.plugin_failures.labels(name).inc(rows))
    return Library(engine.model, models.registry, challenger, METRICS.count_verdict, stages, engine.voice)


def _fits(engine: EngineSettings, settings: Settings) -> None:
    step, session = engine.strategy.step_timeout_ms, settings.processing.session_timeout_ms
    if engine.strategy.configured and step >= session:
        raise ConfigError(
            f"engine.strategy.step_timeout_ms={step} is not below processing.session_timeout_ms={session}: a worker "
            "would lose its partitions before it says which step does not return",
            "Lower the first or raise the second",
        )


class DecisionJob:
    """The job that runs ticks through the engine under one configuration."""

    version = ENGINE_VERSION

    def __init__(self, engine: EngineSettings, settings: Settings) -> None:
        """Load the models and the strategy.

        Raises:
            AlphapulseError: the settings contradict each other, this machine can't run models, or the strategy is
                refused.
        """
        self._engine, self._settings = engine, settings
        _fits(engine, settings)
        self._library = library(engine, settings.models)
        self._shelf = shelf(engine)
        self._spilling = Spilling(settings.state)
        self.config_hash = engine.config_hash()

    def warm_up(self) -> None:
        """Compile the kernels, or load them from the cache, by a few records that pass all stages."""
        tp = TopicPartition(self._settings.topics.input, 0)
        engine = self.engine()
        engine.warm_up()
        if self._shelf is not None:
            self._shelf.warm_up()
        raw, _ = decode(_record_set(), 0, (), True, tp)
        results = engine.step_raw(raw)
        for _ in self.publisher(tp, MIN_BATCH).outputs(raw, results):
            pass
        together([raw, raw])
        Tally().add(results[1])
        dirty.warm_up()

    def warm_up_outputs(self) -> None:
        """Compile what reads records and writes decisions, and none of the stages between."""
        tp = TopicPartition(self._settings.topics.input, 0)
        raw, _ = decode(_record_set(), 0, (), True, tp)
        decoded, outs = Decoder(self._engine.ingestion, {}).decode_raw(raw), np.zeros(len(raw), OUTPUT)
        outs["validation"]["accepted"] = decoded.bars["mask"] == 0
        for _ in self.publisher(tp, MIN_BATCH).encode(raw, decoded, outs).decisions:
            pass

    def engine(self) -> PartitionEngine:
        """Create the engine of a partition."""
        scorer = self._library.switchboard() if self._library else None
        spill, shelf = self._spilling.new(), self._shelf
        if shelf is None:
            return PartitionEngine(self._engine, spill, scorer)
        return PartitionEngine(self._engine, spill, scorer, shelf.hooked(), shelf.find)

    def step(
        self, engines: Sequence[PartitionEngine], raws: Sequence[RawRecords]
    ) -> list[tuple[Decoded, NDArray[Any]] | Exception]:
        """Step several engines by one call of the stages."""
        return step_together(engines, raws)

    def publisher(self, tp: TopicPartition, batch_bytes: int) -> OutputEncoder:
        """Create the publisher of a partition's decisions and rejections."""
        transactional = self._settings.processing.guarantee == "exactly_once"
        group, topics = self._settings.processing.group, self._settings.topics
        names = self._library.names if self._library else None
        voices = self._shelf.voices if self._shelf else None
        return OutputEncoder(self._engine, topics, group, tp, batch_bytes, transactional, names, voices)
