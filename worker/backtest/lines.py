"""Outcomes as lines: each is the value that live workers publish, byte for byte, and a line feed."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from numpy.typing import NDArray

from schemas import Decision
from worker.engine.outcomes import OutcomeBuilder
from worker.engine.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded


class Lines(NamedTuple):
    """What a slice adds to each of the two files."""

    decisions: bytes
    rejections: bytes


class Writer:
    """Encodes the outcomes of one configuration."""

    def __init__(self, settings: EngineSettings) -> None:
        self._builder = OutcomeBuilder(settings)
        self._encoder = msgspec.json.Encoder()

    def lines(self, records: Records, decoded: Decoded, outs: NDArray[Any]) -> Lines:
        """The lines of a slice, each file's in the order of the records."""
        outcomes = self._builder.build(records, decoded, outs)
        decided = [outcome for outcome in outcomes if isinstance(outcome, Decision)]
        rejected = [outcome for outcome in outcomes if not isinstance(outcome, Decision)]
        return Lines(self._encoder.encode_lines(decided), self._encoder.encode_lines(rejected))
