"""`detail=full` adds features and contributions to a decision and changes nothing else."""

from __future__ import annotations

import math
from functools import cache
from typing import Literal

import msgspec
import pytest

from schemas import Decision
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.decision import Settings
from worker.engine.stages.features import FEATURE_NAMES, WARMUP
from worker.engine.stages.signal import COMPONENTS
from worker.sources.simulation.simulator import Simulation, simulated_records

SYMBOLS, BARS = 2, 200


@cache
def decisions(detail: Literal["compact", "full"]) -> list[Decision]:
    records = list(simulated_records(Simulation(symbols=SYMBOLS, bars=BARS, seed=4)))
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    outcomes = RecordEngine(EngineSettings(decision=Settings(detail=detail))).process(batch)
    return [outcome for outcome in outcomes if isinstance(outcome, Decision)]


def test_compact_decisions_have_no_features() -> None:
    assert b'"features"' not in msgspec.json.encode(decisions("compact")[-1])


def test_full_decisions_have_all_features_from_their_warm_up_on() -> None:
    for decision in decisions("full"):
        assert isinstance(decision.features, dict)
        assert tuple(decision.features) == FEATURE_NAMES
        for name, value in decision.features.items():
            assert value is None or math.isfinite(value)
            assert value is not None or decision.sequence < WARMUP[name], name


def test_features_carry_ten_significant_digits() -> None:
    features = decisions("full")[-1].features
    assert isinstance(features, dict)
    for name, value in features.items():
        assert value is not None
        assert value == pytest.approx(float(f"{value:.9e}"), rel=1e-15, abs=0.0), name


def test_all_contributions_add_up_to_the_score() -> None:
    last = decisions("full")[-1]
    names = [name for name, _ in last.contributions]
    assert names == [name for name in COMPONENTS if name in names]
    assert last.score == pytest.approx(sum(part for _, part in last.contributions), abs=1e-5)
    assert set(decisions("compact")[-1].contributions) <= set(last.contributions)


def test_nothing_else_differs() -> None:
    for full, compact in zip(decisions("full"), decisions("compact"), strict=True):
        plain = msgspec.structs.replace(
            full,
            features=msgspec.UNSET,
            contributions=compact.contributions,
            config_hash=compact.config_hash,
            decision_id=compact.decision_id,
        )
        assert plain == compact
