"""The control record's effect on risk and decision."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.support.decide_drive import DAY_MS, START_TS, Desk, action, blocking, params, reasons

NOW = START_TS + DAY_MS  # ingest time of the first bar


def held(**control: Any) -> Desk:
    """A desk that holds a long position when the control record arrives."""
    desk = Desk()
    desk.bar(0.6)
    desk.bar(0.6)
    desk.p = params(**control)
    return desk


def test_without_a_record_the_static_limits_hold() -> None:
    row = Desk().bar(0.6)
    assert action(row) == "open_long"
    assert row["decision"]["control_version"] == 0
    assert row["decision"]["risk"]["g_ctl"] == 1.0


@pytest.mark.parametrize(
    ("control", "reason"),
    [
        ({"kill": True}, "kill_switch"),
        ({"allow_open": False}, "control_block"),
        ({"risk_mult": 0.0}, "control_block"),
        ({"risk_mult": math.nan}, "control_block"),
        ({"version": 7, "ts": NOW - 3 * DAY_MS - 1}, "control_stale"),
    ],
)
def test_what_forbids_opens(control: dict[str, Any], reason: str) -> None:
    row = Desk(params(**control)).bar(0.6)
    assert action(row) == "hold"
    assert blocking(row) == reason
    assert row["decision"]["control_version"] == control.get("version", 0)


def test_a_record_of_three_intervals_is_not_stale() -> None:
    assert action(Desk(params(version=7, ts=NOW - 3 * DAY_MS)).bar(0.6)) == "open_long"


def test_the_kill_switch_closes() -> None:
    desk = held(kill=True)
    row = desk.bar(0.6)
    assert action(row) == "close"
    assert reasons(row) == {"kill_switch"}
    desk.bar(0.6)
    assert desk.position["side"] == 0


@pytest.mark.parametrize("control", [{"allow_open": False}, {"version": 3, "ts": 1}])
def test_a_block_does_not_touch_a_held_position(control: dict[str, Any]) -> None:
    assert action(held(**control).bar(0.6)) == "hold"


def test_the_multiplier_scales_size_and_reduces_what_is_held() -> None:
    full = Desk().bar(0.6)["decision"]["qty"]
    half = Desk(params(risk_mult=0.5)).bar(0.6)
    assert half["decision"]["qty"] == pytest.approx(full / 2, abs=1.0)
    assert half["decision"]["risk"]["g_ctl"] == 0.5
    desk = held(risk_mult=0.5)
    before = float(desk.position["qty"])
    row = desk.bar(0.6)
    assert action(row) == "reduce"
    desk.bar(0.6)
    assert desk.position["qty"] == pytest.approx(before / 2, abs=1.0)
    assert action(desk.bar(0.6)) == "hold"


def test_a_multiplier_above_one_is_not_believed() -> None:
    assert Desk(params(risk_mult=5.0)).bar(0.6)["risk"]["g_ctl"] == 1.0


def test_the_notional_limit_caps_and_is_named() -> None:
    row = Desk(params(max_notional=1_050.0)).bar(0.6)
    assert row["decision"]["qty"] == 10.0
    assert reasons(row) == {"signal_long", "budget_cap"}


@pytest.mark.parametrize("limit", [0.0, math.nan, -1.0])
def test_a_notional_limit_that_is_no_amount_allows_nothing(limit: float) -> None:
    row = Desk(params(max_notional=limit)).bar(0.6)
    assert action(row) == "hold"
    assert {"budget_cap", "below_min_size"} <= reasons(row)
