"""The learner through the whole engine: every status in a decision, silence after a drift, half the weight after it."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from schemas import Decision
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.scoring.model import Status
from worker.engine.settings import EngineSettings

DAY, START = 86_400_000, 1_499_990_400_000
SETTINGS = EngineSettings.model_validate({"ingestion": {"interval": "1d"}, "learning": {"enabled": True}})
BARS, TURN = 1_200, 700


@cache
def closes(predictable: bool) -> NDArray[np.float64]:
    """Long trends, whose direction tells the next bars', then short ones, whose direction belies them; or noise."""
    rng = np.random.default_rng(6)
    moves, at, side = np.zeros(BARS), 0, 1
    while at < BARS and predictable:
        length = int(rng.integers(50, 90)) if at < TURN else 12
        moves[at : at + length] = side * 0.004
        at, side = at + length, -side
    moves += rng.normal(0, 0.002 if predictable else 0.02, BARS)
    found: NDArray[np.float64] = 100 * np.exp(np.cumsum(moves))
    return found


@cache
def records(predictable: bool) -> Records:
    rng = np.random.default_rng(7)
    values, last = [], 100.0
    for number, close in enumerate(closes(predictable).tolist()):
        up, down = rng.exponential(0.002, 2).tolist()
        values.append(
            {
                "symbol": "A",
                "ts": START + number * DAY,
                "open": last,
                "high": max(last, close) * (1 + up),
                "low": min(last, close) * (1 - down),
                "close": close,
                "volume": float(rng.integers(1_000, 2_000)),
            }
        )
        last = close
    times = [START + (number + 1) * DAY for number in range(BARS)]
    return Records([b"A"] * BARS, [msgspec.json.encode(value) for value in values], times)


@cache
def decisions(predictable: bool) -> list[Decision]:
    found = RecordEngine(SETTINGS).process(records(predictable))
    assert all(isinstance(each, Decision) for each in found)
    return found  # type: ignore[return-value]


def statuses(predictable: bool) -> list[str]:
    """Each status in order of time, once for every change."""
    found = [each.model.status for each in decisions(predictable)]
    return [status for i, status in enumerate(found) if i == 0 or status != found[i - 1]]


def drift() -> int:
    [at] = [i for i, each in enumerate(decisions(True)) if "drift" in each.reasons]
    return at


def test_the_statuses_follow_each_other() -> None:
    assert statuses(True) == ["features_not_ready", "warming_up", "ok", "drift_disabled", "ok"]
    assert "no_skill" in statuses(False)


def test_a_decision_names_the_model_and_falls_back_visibly() -> None:
    for each in decisions(True):
        assert (each.model.id, each.model.version) == ("online", "ftrl")
        silent = each.model.status != "ok"
        assert ("model_fallback" in each.reasons) == silent
        assert (each.model_prob is None) == silent
        if silent:
            assert each.final == each.score


def test_it_is_heard_from_200_labels_on_also_after_a_drift() -> None:
    outs = rows()
    labels, status = outs["learning"]["labels"], outs["learning"]["status"]
    heard = np.flatnonzero(np.diff((status == Status.ok).astype(int)) == 1) + 1
    assert len(heard) == 2
    assert all(labels[at] == 200 > labels[at - 1] for at in heard)
    assert labels[drift()] == 1
    between = slice(drift(), heard[1])
    assert (status[between] == Status.drift_disabled).all()


def test_a_drift_halves_the_weight() -> None:
    """final = (1-ω)·score + ω·(2p-1), solved for ω where the two differ enough for six decimals."""
    weights: dict[float, int] = {}
    for i, each in enumerate(decisions(True)):
        if each.model_prob is None or each.score is None or each.final is None or each.regime == "crisis":
            continue
        apart = 2 * each.model_prob - 1 - each.score
        if abs(apart) > 0.1:
            weights[round((each.final - each.score) / apart, 3)] = i
    assert set(weights) == {0.5, 0.25}
    assert weights[0.5] < drift() < weights[0.25]


def test_without_learning_nothing_of_it_is_seen() -> None:
    plain = RecordEngine(EngineSettings.model_validate({"ingestion": {"interval": "1d"}})).process(records(True))
    for each in plain:
        assert isinstance(each, Decision)
        assert (each.model.id, each.model.version, each.model.status) == (None, None, "not_configured")
        assert each.final == each.score
        assert not {"drift", "model_fallback"} & set(each.reasons)


@cache
def rows() -> NDArray[Any]:
    engine = RecordEngine(SETTINGS)
    given = records(True)
    return engine.step(given.keys, engine.decoder.decode(given))


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"execution": {"fee_bps": 7.0}}, False),
        ({"signal": {"model_weight": 0.25}}, False),
        ({"risk": {"position_limit": 0.1}}, True),
    ],
)
@pytest.mark.parametrize("stage", ["learning", "calibration"])
def test_what_was_learned_under_other_costs_or_signals_is_begun_anew(
    change: dict[str, Any], same: bool, stage: str
) -> None:
    def fingerprint(given: dict[str, Any]) -> str:
        return RecordEngine(EngineSettings.model_validate(given)).fingerprints.of("A")

    on = {stage: {"enabled": True}}
    assert (fingerprint(on) == fingerprint(on | change)) == same
    assert fingerprint({}) == fingerprint(change)
