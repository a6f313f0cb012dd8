"""Consumed records as the engine's plain `Records`: the way that makes an object a record, for oracles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas import Decision, Rejection
from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.kafka.reader import Consumed
from worker.kafka.records.columns import raw_of
from worker.stream.state.partition_state import PartitionState


def to_records(records: Sequence[Consumed]) -> Records:
    """Keys, values and timestamps."""
    return Records([r.key for r in records], [r.value for r in records], [r.timestamp for r in records])


def offsets_of(records: Sequence[Consumed]) -> NDArray[np.int64]:
    """Their input offsets."""
    return np.array([r.offset for r in records], np.int64)


def outcomes_of(state: PartitionState, records: Sequence[Consumed]) -> list[Decision | Rejection]:
    """What a partition's state makes of records that it has not seen, under the default configuration."""
    raw = state.unseen(raw_of(records))
    decoded, outs = state.step(raw)
    return OutcomeBuilder(EngineSettings()).build(raw.records(), decoded, outs)
