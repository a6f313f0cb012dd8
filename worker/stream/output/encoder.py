"""The encoder of a batch of columns: decisions as finished record batches, the rest as single outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from aiokafka import ConsumerRecord, TopicPartition
from numpy.typing import NDArray

from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.output.voices import Voices
from worker.engine.records.raw import RawRecords
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded, rows_of
from worker.kafka.reader import Consumed
from worker.kafka.records.outputs import Output, Prepared
from worker.kafka.seams.fast.sending import FinishedBatch
from worker.settings import TopicSettings
from worker.stream.output.builder import DECISION, TRACE_HEADERS, OutputBuilder, common_headers
from worker.telemetry.metrics import METRICS
from worker.wire.exact import read_headers
from worker.wire.headers import headers
from worker.wire.writer import DecisionWriter

Results = tuple[Decoded, NDArray[Any]]  # the decoded batch, and the engine's rows for it


class EncodedBatch(NamedTuple):
    """The outputs of one batch of input records, per topic in input order."""

    decisions: Iterator[FinishedBatch]  # for the topic of decisions; encoded lazily
    others: Iterator[Output]  # with `detail=full` the decisions, too


class OutputEncoder:
    """The encoder of one input partition's outcomes, with the same bytes as `OutputBuilder`."""

    def __init__(
        self,
        settings: EngineSettings,
        topics: TopicSettings,
        group: str,
        tp: TopicPartition,
        max_batch: int,
        transactional: bool,
        names: ModelNames | None = None,
        voices: Voices | None = None,
    ) -> None:
        """Create the encoder.

        `max_batch` and `transactional` are the sending producer's, `names` and `voices` the engine's.
        """
        self._tp, self._topic, self._extra = tp, topics.output, settings.ingestion.extra
        self._outcomes, self._records = OutcomeBuilder(settings, names, voices), OutputBuilder(topics, group)
        self._writer: DecisionWriter | None = None
        if settings.decision.detail != "full":
            layout = headers(common_headers(group), (tp.topic, tp.partition), DECISION, TRACE_HEADERS)
            self._writer = DecisionWriter(settings, layout, max_batch, transactional, names, voices)

    def outputs(self, raw: RawRecords, results: Results) -> Iterator[Output | Prepared]:
        """Yield the decisions as finished batches, then the rejections."""
        decisions, others = self.encode(raw, *results)
        for batch in decisions:
            yield Prepared(self._topic, batch)
        yield from others

    def count(self, raw: RawRecords, results: Results) -> None:
        """Count a committed batch."""
        decoded, outs = results
        METRICS.count_rows(self._tp.partition, outs)
        METRICS.count_extras(self._extra, decoded.extras, outs)

    def encode(self, raw: RawRecords, decoded: Decoded, outs: NDArray[Any]) -> EncodedBatch:
        """Return the outputs of raw records, from their decoded columns and the engine's rows.

        Both iterators read the three arguments: exhaust them before any of these changes.
        """
        if self._writer is None:
            return EncodedBatch(iter(()), self._outputs(raw, decoded, outs, np.arange(len(outs))))
        accepted = outs["validation"]["accepted"]
        if accepted.all():
            rows, rejected = np.arange(len(outs)), np.zeros(0, np.int64)
        else:
            rows, rejected = np.flatnonzero(accepted), np.flatnonzero(accepted == 0)
        batches = self._writer.batches(raw, decoded.bars, outs, rows)
        return EncodedBatch(map(FinishedBatch, batches), self._outputs(raw, decoded, outs, rejected))

    def _outputs(
        self, raw: RawRecords, decoded: Decoded, outs: NDArray[Any], rows: NDArray[np.int64]
    ) -> Iterator[Output]:
        if not rows.size:
            return iter(())
        chosen = RawRecords(raw.data, raw.rows[rows])
        outcomes = self._outcomes.build(chosen.records(), rows_of(decoded, rows), outs[rows])
        return self._records.outputs(consumed(chosen, self._tp), outcomes)


def consumed(raw: RawRecords, tp: TopicPartition) -> Sequence[Consumed]:
    """Convert raw records to those of aiokafka's consumer."""
    return [_consumed(raw, row, tp) for row in range(len(raw))]


def _consumed(raw: RawRecords, row: int, tp: TopicPartition) -> Consumed:
    key, value, at = raw.key(row), raw.value(row), raw.rows[row]
    return ConsumerRecord(
        topic=tp.topic,
        partition=tp.partition,
        offset=int(at["offset"]),
        timestamp=int(at["timestamp"]),
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=-1 if key is None else len(key),
        serialized_value_size=-1 if value is None else len(value),
        headers=tuple(read_headers(raw.headers(row))),  # type: ignore[arg-type]  # a header may have no value
    )
