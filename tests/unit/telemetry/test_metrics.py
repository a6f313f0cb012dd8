"""Counting rows gives the values that counting outcomes gives."""

from __future__ import annotations

from tests.unit.wire.inputs import played
from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.settings import EngineSettings
from worker.telemetry.metrics import Metrics


def test_rows_count_as_outcomes_do() -> None:
    raw, decoded, outs = played()
    by_outcome, by_row = Metrics(), Metrics()
    by_outcome.count_batch(2, OutcomeBuilder(EngineSettings()).build(raw.records(), decoded, outs))
    by_row.count_rows(2, outs)
    for name in ("records_consumed", "decisions", "model_answers", "records_rejected"):
        wanted, found = (
            {
                tuple(s.labels.items()): s.value
                for s in next(iter(getattr(m, name).collect())).samples
                if "_total" in s.name
            }
            for m in (by_outcome, by_row)
        )
        assert found == wanted
        assert wanted
