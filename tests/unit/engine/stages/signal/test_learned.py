"""What the online model, the forecast and an anomaly change in a decision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tests.support.decide_drive import instrument, params, random_rows, reasons, run
from worker.engine.scoring.model import Status
from worker.engine.settings import EngineSettings
from worker.engine.stages.signal import COMPONENTS
from worker.engine.state.layout import CARRY


def decided(change: Any = None) -> Any:
    """Outputs of random rows after `change(outs)`."""
    bars, outs = random_rows(1, 600)
    if change is not None:
        change(outs)
    run(np.zeros(1, CARRY), instrument(), bars, outs, params())
    return outs


def test_a_model_that_is_heard_is_blended_by_its_weight() -> None:
    rng = np.random.default_rng(2)
    p, weight = rng.random(600), rng.choice([0.0, 0.125, 0.5], 600)

    def hear(outs: Any) -> None:
        outs["learning"]["status"] = np.where(weight > 0.0, Status.ok, Status.no_skill)
        outs["learning"]["probability"] = np.where(weight > 0.0, p, np.nan)
        outs["learning"]["weight"] = weight

    outs = decided(hear)
    final, score, calm = outs["signal"]["final"], outs["signal"]["score"], outs["regime"]["code"] != 5
    expected = np.where(calm & (weight > 0.0), (1 - weight) * score + weight * (2 * p - 1), score)
    np.testing.assert_allclose(final, expected, atol=1e-15)
    raw = np.sqrt(np.abs(expected)) * outs["signal"]["agreement"] * outs["validation"]["score"]
    np.testing.assert_allclose(outs["signal"]["conf_raw"], raw, atol=1e-15)
    assert ((final != score) & calm).sum() > 200
    np.testing.assert_allclose(outs["decision"]["model_prob"], np.where(weight > 0.0, p, np.nan), atol=5e-7)


CASES = [  # (configured, own, which answers, status)
    (Status.not_configured, Status.not_configured, False, Status.not_configured),
    (Status.not_configured, Status.warming_up, True, Status.warming_up),
    (Status.not_configured, Status.ok, True, Status.ok),
    (Status.ok, Status.not_configured, False, Status.ok),
    (Status.load_error, Status.not_configured, False, Status.load_error),
]


@pytest.mark.parametrize(("configured", "own", "online", "status"), CASES)
def test_who_answers_for_the_model(configured: Status, own: Status, online: bool, status: Status) -> None:
    def say(outs: Any) -> None:
        outs["model"]["status"], outs["learning"]["status"] = configured, own
        outs["model"]["prob"] = 0.8 if configured == Status.ok else np.nan
        if own == Status.ok:
            outs["learning"]["probability"], outs["learning"]["weight"] = 0.3, 0.25

    outs = decided(say)
    said, decision = outs["model"][0], outs["decision"][0]
    assert (bool(said["online"]), Status(said["status"])) == (online, status)
    p, weight = (0.3, 0.25) if online else (0.8, 0.5)
    score, calm = outs["signal"]["score"], outs["regime"]["code"] != 5
    wanted = (1 - weight) * score + weight * (2 * p - 1) if status == Status.ok else score
    np.testing.assert_allclose(outs["signal"]["final"], np.where(calm, wanted, score), atol=1e-15)
    assert np.isnan(decision["model_prob"]) == (status != Status.ok)
    assert all(("model_fallback" in reasons(out)) == (status > Status.ok) for out in outs)


def test_one_model_has_a_say() -> None:
    model = {"name": "index-daily", "version": "1.0.0", "digest": "0" * 64}
    with pytest.raises(ValidationError, match="exclude each other"):
        EngineSettings.model_validate({"learning": {"enabled": True}, "model": model})
    assert EngineSettings.model_validate({"model": model}).voice == ("index-daily", "1.0.0")
    assert EngineSettings.model_validate({"learning": {"enabled": True}}).voice == ("online", "ftrl")


def test_a_forecast_is_a_component_like_the_others() -> None:
    values = np.random.default_rng(3).uniform(-1, 1, 600)

    def expect(outs: Any) -> None:
        outs["forecast"]["component"] = values

    np.testing.assert_array_equal(decided(expect)["signal"]["components"][:, COMPONENTS.index("forecast")], values)


def test_an_anomaly_halves_what_is_opened_and_is_a_reason() -> None:
    plain = decided()

    def mark(outs: Any) -> None:
        outs["anomaly"]["anomaly"] = True

    marked = decided(mark)
    first = int(np.flatnonzero(plain["sizing"]["qty"] > 0)[0])
    assert marked["sizing"]["qty"][first] == pytest.approx(plain["sizing"]["qty"][first] / 2, abs=1.0)
    assert all("anomaly" in reasons(out) for out in marked)
    assert not any("anomaly" in reasons(out) for out in plain)


def test_a_drift_is_a_reason() -> None:
    def drift(outs: Any) -> None:
        outs["learning"]["drift"][100] = True

    outs = decided(drift)
    assert [i for i, out in enumerate(outs) if "drift" in reasons(out)] == [100]
