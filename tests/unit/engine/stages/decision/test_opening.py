"""What opens a position and what keeps it from being opened."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.decide_drive import Desk, action, blocking, params, reasons
from worker.engine.stages import decision, risk


@pytest.mark.parametrize(
    ("final", "act", "reason"),
    [
        (0.291, "open_long", "signal_long"),
        (-0.291, "open_short", "signal_short"),
        (0.289, "hold", "signal_weak"),
        (0.0, "hold", "signal_weak"),
    ],
)
def test_the_score_alone_opens(final: float, act: str, reason: str) -> None:
    row = Desk().bar(final, score=0.2)
    assert row["signal"]["confidence"] < 0.55
    assert action(row) == act
    assert reasons(row) == {reason}
    assert blocking(row) == (reason if act == "hold" else None)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"level": 1}, "quality_gate"),
        ({"quarantine": True}, "data_quarantine"),
        ({"shift": True}, "level_shift"),
        ({"atr_14": math.nan}, "warmup"),
        ({"vol_yz_20": 0.04}, "vol_gate"),
    ],
)
def test_each_gate_blocks_and_is_named(fields: dict[str, Any], reason: str) -> None:
    row = Desk().bar(0.6, **fields)
    assert action(row) == "hold"
    assert blocking(row) == reason
    assert "signal_long" in reasons(row) or reason == "warmup"


@pytest.mark.parametrize(
    ("volatility", "typical", "act"),
    [(0.0199, 0.01, "open_long"), (0.0201, 0.01, "hold"), (0.5, 0.3, "open_long"), (0.5, math.nan, "open_long")],
)
def test_the_volatility_gate_goes_by_what_is_usual_for_the_symbol(volatility: float, typical: float, act: str) -> None:
    row = Desk(params(limits=risk.Settings(vol_gate=2.0))).bar(0.6, vol_yz_20=volatility, typical=typical)
    assert action(row) == act
    assert blocking(row) == (None if act == "open_long" else "vol_gate")


def test_an_absolute_limit_of_volatility_blocks_whatever_is_usual() -> None:
    limits = risk.Settings(max_sigma=0.2, year_days=100.0)
    assert action(Desk(params(limits=limits)).bar(0.6, vol_yz_20=0.0199, typical=1.0)) == "open_long"
    assert blocking(Desk(params(limits=limits)).bar(0.6, vol_yz_20=0.0201, typical=1.0)) == "vol_gate"


def test_without_a_limit_by_volume_a_market_without_any_is_traded() -> None:
    assert blocking(Desk(warm=False).bar(0.6, volume=0.0)) == "liquidity_gate"
    row = Desk(params(limits=risk.Settings(liquidity=0.0)), warm=False).bar(0.6, volume=0.0)
    assert action(row) == "open_long"
    assert "liquidity_gate" not in reasons(row)


def test_a_crisis_blocks_whatever_the_signal() -> None:
    row = Desk().bar(0.9, code=5)
    assert action(row) == "hold"
    assert reasons(row) == {"signal_weak", "crisis_block"}


def test_an_expired_reference_is_reported_but_blocks_nothing() -> None:
    row = Desk().bar(0.6, expired=True)
    assert action(row) == "open_long"
    assert reasons(row) == {"signal_long", "reference_expired"}


def test_all_reasons_are_listed_and_the_first_in_order_decides() -> None:
    row = Desk(params(kill=True, allow_open=False)).bar(0.6, level=1, quarantine=True, vol_yz_20=0.04)
    listed = {"signal_long", "quality_gate", "data_quarantine", "vol_gate", "kill_switch", "control_block"}
    assert reasons(row) == {*listed, "below_min_size"}
    assert blocking(row) == "quality_gate"


def test_a_symbol_that_is_not_ready_holds_with_warmup() -> None:
    desk = Desk(warm=False)
    nothing = dict.fromkeys(("ema_12", "ema_26", "macd_hist", "rsi_14", "atr_14", "bb_pctb_20", "vol_yz_20"), math.nan)
    row = desk.bar(0.0, code=0, **nothing)
    assert action(row) == "hold"
    assert blocking(row) == "warmup"
    assert reasons(row) == {"warmup"}


def test_entry_thresholds_are_per_regime() -> None:
    rules = decision.Settings(enter_score=(0.9, 0.9, 0.9, 0.5, 0.9, 0.9))
    assert action(Desk(params(rules=rules)).bar(0.51)) == "open_long"
    assert action(Desk(params(rules=rules)).bar(0.49)) == "hold"
    assert action(Desk(params(rules=rules)).bar(0.51, code=4)) == "hold"


def test_the_order_of_one_bar_is_the_only_one() -> None:
    desk = Desk()
    desk.bar(0.6)
    assert desk.pending["action"] == 1
    desk.bar(0.6)
    assert desk.pending["action"] == 0


@pytest.mark.parametrize("bad", [{"enter_score": (0.0,) * 6}, {"hold_score": 0.5}, {"enter_score": (0.3,) * 5}])
def test_thresholds_that_contradict_each_other_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        decision.Settings(**bad)
