"""What a calibrated confidence changes: who may enter, and how much is bought."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.decide_drive import Desk, action, instrument, params, reasons
from worker.engine.stages import risk, sizing

FREE: dict[str, Any] = {"limits": risk.Settings(position_limit=10.0, max_notional=1e12)}


def said(confidence: float, base_rate: float, labels: int = 150) -> dict[str, Any]:
    """What calibration says of a bar."""
    return {"confidence": confidence, "base_rate": base_rate, "labels": labels, "calibrated": True}


@pytest.mark.parametrize(("lift", "act"), [(0.051, "open_long"), (0.049, "hold"), (-0.1, "hold")])
def test_from_100_labels_on_a_signal_must_beat_the_base_rate(lift: float, act: str) -> None:
    row = Desk().bar(0.6, **said(0.55 + lift, 0.55))
    assert action(row) == act
    assert reasons(row) == {"signal_long" if act == "open_long" else "signal_weak"}


def test_a_weak_score_stays_weak_whatever_its_confidence() -> None:
    assert reasons(Desk().bar(0.2, **said(0.9, 0.5))) == {"signal_weak"}


def test_a_lift_closes_no_position() -> None:
    desk = Desk()
    desk.bar(0.6)
    row = desk.bar(0.6, **said(0.4, 0.6))
    assert desk.position["side"] == 1
    assert action(row) == "hold"


def quantity(confidence: float, labels: int, **changes: float) -> float:
    """Base units bought of a symbol at 100 with an ATR of 2."""
    desk = Desk(params(size=sizing.Settings(**changes), **FREE), instrument(lot=0.0))
    return float(desk.bar(0.6, vol_yz_20=0.001, **said(confidence, 0.2, labels))["sizing"]["qty"])


def fixed(fraction: float = 0.005) -> float:
    return fraction * 100_000 / (2.5 * 2.0)


@pytest.mark.parametrize("confidence", [0.45, 0.5, 0.56, 0.65, 0.8, 0.95])
def test_the_confidence_factor_reads_a_probability(confidence: float) -> None:
    factor = min(max((confidence - 0.5) / 0.3, 0.0), 1.0)
    assert quantity(confidence, 150) == pytest.approx(fixed() * factor * 0.7, rel=1e-12)


@pytest.mark.parametrize("confidence", [0.55, 0.7, 0.9])
@pytest.mark.parametrize("labels", [199, 200, 1_000, 100_000])
def test_from_200_labels_on_kelly_has_a_say(confidence: float, labels: int) -> None:
    """With stop and target apart equally far, f* = 2p - 1."""
    sure = 0.5 + (confidence - 0.5) * labels / (labels + 200)
    stake = min(0.25 * (2 * sure - 1), 0.10)
    wanted = stake * 100_000 / 5.0 if labels >= 200 else fixed(0.2)
    assert wanted < fixed(0.2) or labels < 200
    factor = min((confidence - 0.5) / 0.3, 1.0)
    found = quantity(confidence, labels, risk_fraction=0.2, target_atr=2.5)
    assert found == pytest.approx(wanted * factor * 0.7, rel=1e-9)


def test_without_an_edge_kelly_buys_nothing() -> None:
    """p = 0.55 with a target half as far as the stop: f* < 0."""
    desk = Desk(params(size=sizing.Settings(target_atr=1.25)))
    row = desk.bar(0.6, **said(0.55, 0.2, 10_000))
    assert row["sizing"]["qty"] == 0.0
    assert reasons(row) == {"signal_long", "below_min_size"}
    assert quantity(0.55, 199, target_atr=1.25) > 0.0
