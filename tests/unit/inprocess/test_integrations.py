"""User objects in the place of the engine's parts, and what happens when one fails."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import pytest

from schemas import Decision
from tests.unit.inprocess.points import run, simulated
from worker import DataPoint, ProcessingResult

POINTS = [point for _, point in simulated(symbols=3, bars=220, seed=9)]


class Everything:
    """All six parts. Answers with what it was given at construction; an exception is raised."""

    model_id, version = "coin", "1"

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[tuple[DataPoint, Mapping[str, float]]] = []

    def extract(self, point: DataPoint, figures: Mapping[str, float]) -> Any:
        self.calls.append((point, figures))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    predict = assess = optimize = detect = fuse = extract


def decisions(results: list[ProcessingResult]) -> list[Decision]:
    return [result.outcome for result in results if isinstance(result.outcome, Decision)]


def encoded(results: list[ProcessingResult]) -> list[bytes]:
    return [msgspec.json.encode(result.outcome) for result in results]


@cache
def built_in() -> list[ProcessingResult]:
    """What the engine says alone."""
    return run(POINTS)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("feature_extractor", ValueError("no data")),
        ("feature_extractor", {"rsi_14": math.inf}),
        ("feature_extractor", "text"),
        ("market_regime_detector", "sideways"),
        ("multi_timeframe_fusion", 1.5),
        ("risk_manager", math.nan),
        ("position_sizing_optimizer", -1.0),
    ],
)
def test_one_that_fails_leaves_the_built_in_and_says_so(name: str, answer: Any) -> None:
    heard: list[Any] = []
    results = run(POINTS, **{name: Everything(answer)}, callbacks={"error": heard.append}, summary=heard)
    assert encoded(results) == encoded(built_in())
    assert all(result.degraded == (name,) and result.replaced == () for result in results)
    summary = heard.pop()
    assert summary["by_source"] == {name: len(results)}
    assert len(heard) == len(results)
    assert {error.symbol for error in heard} == {point.symbol for point in POINTS}


@pytest.mark.parametrize(
    ("answer", "status"),
    [(OSError("gone"), "runtime_error"), (math.nan, "nan_output"), (None, "nan_output"), (1.01, "out_of_range")],
)
def test_a_model_that_fails_falls_back_on_the_rules(answer: Any, status: str) -> None:
    found = decisions(run(POINTS, model_registry=Everything(answer)))
    for decision, plain in zip(found, decisions(built_in()), strict=True):
        warm = "warmup" not in decision.reasons
        assert decision.model.status == (status if warm else "features_not_ready")
        assert "model_fallback" in decision.reasons
        assert decision.model_prob is None
        assert [reason for reason in decision.reasons if reason != "model_fallback"] == plain.reasons
        assert (decision.final, decision.action, decision.qty) == (plain.final, plain.action, plain.qty)


def test_a_model_makes_up_half_of_final() -> None:
    model = Everything(0.9)
    results = run(POINTS, model_registry=model)
    warm = [d for d in decisions(results) if d.model.status == "ok"]
    assert len(warm) == len(model.calls) > 300
    for decision in warm:
        assert decision.model_prob == 0.9
        assert (decision.model.id, decision.model.version) == ("coin", "1")
        assert decision.score is not None
        wanted = 0.0 if decision.regime == "crisis" else 0.5 * decision.score + 0.5 * 0.8
        assert decision.final == pytest.approx(wanted, abs=2e-6)
    assert sum(d.action == "open_long" for d in warm) > sum(d.action == "open_long" for d in decisions(built_in()))
    assert results[-1].replaced == ("model_registry",)


@pytest.mark.parametrize("weight", [0.0, 0.2, 1.0])
def test_the_share_of_the_users_model_is_the_configured_one(weight: float) -> None:
    results = run(POINTS, model_registry=Everything(0.9), engine={"signal": {"model_weight": weight}})
    warm = [d for d in decisions(results) if d.model.status == "ok" and d.regime != "crisis"]
    assert len(warm) > 300
    for decision in warm:
        assert decision.score is not None
        assert decision.final == pytest.approx((1.0 - weight) * decision.score + weight * 0.8, abs=2e-6)


def test_features_replace_and_add() -> None:
    extractor = Everything({"rsi_14": 12.5, "mood": 0.25})
    result = run(POINTS, feature_extractor=extractor)[-1]
    plain = built_in()[-1]
    assert result.features == plain.features | {"rsi_14": 12.5, "mood": 0.25}
    assert extractor.calls[-1][1]["rsi_14"] == pytest.approx(plain.features["rsi_14"], rel=1e-9)
    assert result.signal is not None
    assert result.signal["contributions"]["rsi_mr"] > 0
    assert result.replaced == ("feature_extractor",)


def test_a_detector_sets_the_regime() -> None:
    results = run(POINTS, market_regime_detector=Everything("crisis"))
    assert {result.regime for result in results} == {"crisis"}
    assert all("open" not in decision.action for decision in decisions(results))
    assert all(decision.score in (0.0, None) for decision in decisions(results))


def test_a_fusion_is_a_component_of_the_score() -> None:
    for decision in decisions(run(POINTS, multi_timeframe_fusion=Everything(1.0))):
        assert decision.mtf == 1.0


def test_a_risk_manager_scales_and_forbids() -> None:
    halved, none = (decisions(run(POINTS, risk_manager=Everything(factor))) for factor in (0.5, 0.0))
    for decision, plain in zip(halved, decisions(built_in()), strict=True):
        assert decision.risk.g_ctl == 0.5
        if decision.action.startswith("open") and plain.action == decision.action:
            assert decision.qty <= plain.qty
    assert any(decision.action.startswith("open") for decision in halved)
    assert not any(decision.action.startswith("open") for decision in none)
    assert any(decision.blocking == "control_block" for decision in none)


def test_an_optimizer_sizes_within_the_limits() -> None:
    small, huge = (decisions(run(POINTS, position_sizing_optimizer=Everything(qty))) for qty in (1e-3, 1e12))
    opened = [decision for decision in small if decision.action.startswith("open")]
    assert opened
    assert all(decision.qty == 1e-3 for decision in opened)
    capped = [decision for decision in huge if decision.action.startswith("open")]
    assert capped
    assert all({"budget_cap", "liquidity_gate"} & set(decision.reasons) for decision in capped)
    assert all(decision.notional <= 20_000.01 for decision in capped)


def test_it_is_asked_once_for_each_accepted_bar() -> None:
    faulty = [point for _, point in simulated(symbols=4, bars=60, seed=2, fault_rate=0.3)]
    detector = Everything("range")
    results = run(faulty, market_regime_detector=detector, risk_manager=Everything(1.0))
    accepted = [result.point for result in results if result.accepted]
    assert [point for point, _ in detector.calls] == accepted
    assert len(accepted) < len(faulty)
    assert [result.outcome.sequence for result in results] == [result.outcome.sequence for result in run(faulty)]
