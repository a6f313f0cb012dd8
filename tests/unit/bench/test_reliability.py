"""The scores of `make bench WHAT=calibration`: labels, what is compared with what, error by chance, the picture."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from tests.bench.reliability import chart
from tests.bench.reliability.judge import Forecasts, Scored, chance, error, figures, score, scored, together
from tests.bench.reliability.said import Outcomes, Said, outcomes
from worker.training.samples import labelled
from worker.training.series import Series

N = 1_200


def said(confidence: float = 0.6) -> Said:
    """A random walk whose rules say `confidence` of every bar from the 100th on."""
    rng = np.random.default_rng(3)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.003, N)))
    suspect = np.zeros(N, bool)
    suspect[700] = True
    ready = np.where(np.arange(N) >= 100, confidence, np.nan)
    final = rng.choice([-0.5, 0.5], N)
    online = np.where(np.arange(N) % 3 == 0, 0.7, np.nan)
    return Said(np.arange(N) * 60_000, closes, suspect, np.ones((N, 58)), final, np.full(N, 0.2), ready, online)


def test_the_labels_are_those_of_training() -> None:
    one = said()
    truth = outcomes(one)
    samples = labelled([Series("A", one.close_ts, one.close, one.suspect, one.features)], ["ret_1"], 12, 0.0014)
    np.testing.assert_array_equal(one.close_ts[truth.known], samples.start)
    np.testing.assert_array_equal(truth.up[truth.known], samples.up)
    assert not truth.known[688:700].any()


def test_the_base_rate_knows_no_later_label() -> None:
    truth = outcomes(said())
    for bar in (0, 11, 50, 701, N - 1):
        past = truth.up[: max(bar - 11, 0)][truth.known[: max(bar - 11, 0)]]
        assert truth.base[bar] == (past.sum() + 1) / (len(past) + 2)


def test_each_is_judged_by_what_it_states() -> None:
    one, truth = said(), Outcomes(np.ones(N, bool), np.arange(N) % 2, np.full(N, 0.5))
    found = scored("A", one, one, np.full(N, 0.25), truth)
    assert found is not None
    right = (one.final[100:] > 0) == (truth.up[100:] == 1)
    assert error(found.said["rules"]) == pytest.approx(abs(0.6 - right.mean()))
    assert score(found.said["onnx"]) == pytest.approx(0.5 * 0.25**2 + 0.5 * 0.75**2)
    assert len(found.said["online"].p) == len(found.base_heard.p) == found.heard.sum() == 366
    assert score(found.base) == 0.25
    assert scored("A", one, one, np.full(N, np.nan), truth) is None
    both = together([found, found])
    assert len(both.base.p) == 2 * len(found.base.p)
    assert figures(both, [found, found])["series"] == 2.0


def test_chance_shrinks_with_the_number_of_labels() -> None:
    few, many = (Forecasts(np.full(n, 0.55), np.zeros(n, np.int64)) for n in (600, 60_000))
    mean, high = chance(few)
    assert 0.03 < mean < 0.08 < high < 0.2
    assert chance(many)[1] < 0.02


def test_the_picture_is_well_formed_and_marks_what_is_held() -> None:
    forecasts = {name: Forecasts(np.array([0.15, 0.55, 0.95]), np.array([0, 1, 1])) for name in chart.COLORS}
    forecasts["online"] = Forecasts(np.zeros(0), np.zeros(0, np.int64))
    root = ElementTree.fromstring(chart.svg(forecasts))
    kinds = [child.tag.rpartition("}")[2] for child in root]
    assert kinds.count("polyline") == 2
    assert kinds.count("circle") == 2 * 3 + 3
    assert isinstance(together([_scored(forecasts)]), Scored)


def _scored(forecasts: dict[str, Forecasts]) -> Scored:
    return Scored("A", forecasts, forecasts["rules"], np.zeros(3, bool))
