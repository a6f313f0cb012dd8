"""Exposure, concentration and drawdown."""

from __future__ import annotations

import empyrical
import numpy as np
import pytest

from tests.support.oracle_report import record
from tests.unit.risk.figures.returns import market
from worker.risk.figures.concentration import concentration
from worker.risk.figures.drawdown import drawdown, scale
from worker.risk.figures.exposure import exposure, gross_of, share

NOTIONALS = np.array([300.0, -100.0, 0.0, 50.0])


def test_gross_and_net() -> None:
    found = exposure(NOTIONALS)
    assert found == (450.0, 250.0)
    assert found.shares(1_000.0) == (0.45, 0.25)
    assert exposure(-NOTIONALS).shares(1_000.0) == (0.45, 0.25)


def test_without_equity_every_exposure_is_too_large() -> None:
    assert exposure(NOTIONALS).shares(0.0) == (float("inf"), float("inf"))
    assert share(0.0, -1.0) == 0.0


def test_gross_by_group() -> None:
    assert gross_of(NOTIONALS, np.array([1, 0, 1, -1]), 2).tolist() == [100.0, 300.0]


def test_concentration() -> None:
    found = concentration(NOTIONALS)
    assert found.hhi == pytest.approx((300**2 + 100**2 + 50**2) / 450**2)
    assert found.positions == pytest.approx(1.0 / found.hhi)
    assert found.top == (0, 1, 3)
    assert concentration(np.zeros(4)) == (0.0, 0.0, ())
    assert concentration(np.ones(8)).top == (0, 1, 2, 3, 4)


def test_drawdown_is_empyricals() -> None:
    returns = market(500, 1)[:, 0]
    equity, peak, worst = 1.0, 1.0, 0.0
    for value in returns:
        equity *= 1.0 + value
        peak = max(peak, equity)
        worst = max(worst, drawdown(equity, peak))
    oracle = -empyrical.max_drawdown(returns)
    record("risk drawdown, empyrical 500", abs(worst - oracle) / oracle, 1e-12)


@pytest.mark.parametrize(("depth", "expected"), [(0.0, 1.0), (0.05, 1.0), (0.10, 0.5), (0.15, 0.0), (0.9, 0.0)])
def test_the_scale_of_a_drawdown(depth: float, expected: float) -> None:
    assert scale(depth, 0.05, 0.15) == pytest.approx(expected)


def test_without_a_peak_all_is_lost() -> None:
    assert drawdown(5.0, 0.0) == 1.0
