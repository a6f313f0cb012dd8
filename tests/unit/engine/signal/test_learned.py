"""What the online model, the forecast and an anomaly change in a decision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.decide_drive import CARRY, instrument, params, random_rows, reasons, run
from worker.engine.stages.signal import COMPONENTS


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
        outs["learning"]["probability"] = np.where(weight > 0.0, p, np.nan)
        outs["learning"]["weight"] = weight

    outs = decided(hear)
    final, score, calm = outs["signal"]["final"], outs["signal"]["score"], outs["regime"]["code"] != 5
    expected = np.where(calm & (weight > 0.0), (1 - weight) * score + weight * (2 * p - 1), score)
    np.testing.assert_allclose(final, expected, atol=1e-15)
    raw = np.sqrt(np.abs(expected)) * outs["signal"]["agreement"] * outs["validation"]["score"]
    np.testing.assert_allclose(outs["signal"]["conf_raw"], raw, atol=1e-15)
    assert ((final != score) & calm).sum() > 200


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
