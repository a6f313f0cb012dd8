"""Counting rows gives the values that counting outcomes gives."""

from __future__ import annotations

import numpy as np
from aiokafka import TopicPartition

from tests.support.hand_strategy import Hand
from tests.support.record_engine import RecordEngine
from tests.unit.wire.inputs import played
from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.settings import EngineSettings, engine_settings
from worker.settings import TopicSettings
from worker.stream.output.encoder import OutputEncoder
from worker.telemetry.metrics import METRICS, Metrics


def test_rows_count_as_outcomes_do() -> None:
    raw, decoded, outs = played()
    by_outcome, by_row = Metrics(), Metrics()
    by_outcome.count_batch(2, OutcomeBuilder(EngineSettings()).build(raw.records(), decoded, outs))
    by_row.count_rows(2, outs)
    for name in ("records_consumed", "decisions", "model_answers", "records_rejected"):
        assert counted(by_row, name) == counted(by_outcome, name) != {}
    assert counted(by_row, "strategy_failures") == {}


def test_failures_of_a_strategy_are_counted() -> None:
    engine = RecordEngine(
        engine_settings({"strategy": {"name": "hand"}}), strategy=Hand(raise_every=40, invalid_every=7)
    )
    raw = played().raw
    decoded, outs = engine.step_raw(raw)
    by_outcome, by_row = Metrics(), Metrics()
    by_outcome.count_batch(2, engine._builder.build(raw.records(), decoded, outs))
    by_row.count_rows(2, outs)
    assert counted(by_row, "strategy_failures") == counted(by_outcome, "strategy_failures")
    assert {"raised", "invalid"} <= {label for [(_, label)] in counted(by_row, "strategy_failures")}


def test_what_decided_ticks_lacked_is_counted() -> None:
    raw, decoded, outs = played()
    extras = np.ones((len(outs), 2))
    extras[::3, 1] = np.nan
    settings = engine_settings({"ingestion": {"extra": ["funding", "other"]}})
    encoder = OutputEncoder(settings, TopicSettings(), "g", TopicPartition("ticks.raw", 0), 1 << 20, False)
    before = counted(METRICS, "extra_columns_missing").get((("column", "other"),), 0.0)
    encoder.count(raw, (decoded._replace(extras=extras), outs))
    encoder.count(raw, (decoded, outs))  # without a strategy that reads them, nothing is decoded
    found = counted(METRICS, "extra_columns_missing")
    assert found[("column", "other"),] - before == np.count_nonzero(outs["validation"]["accepted"][::3]) > 100
    assert (("column", "funding"),) not in found


def counted(metrics: Metrics, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The values of a counter by its labels."""
    samples = next(iter(getattr(metrics, name).collect())).samples
    return {tuple(s.labels.items()): s.value for s in samples if "_total" in s.name}
