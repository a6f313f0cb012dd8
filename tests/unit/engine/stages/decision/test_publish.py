"""Published numbers: rounding, completeness, ranking; and the promises about state bytes."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.decide_drive import Desk, DeskParams, instrument, params, random_rows, run
from worker.engine.reasons import Reason
from worker.engine.stages import decision, risk, sizing
from worker.engine.stages.decision.output import TOP
from worker.engine.stages.decision.publish import rank, tick_decimals
from worker.engine.state.layout import CARRY

RATIOS = ("score", "final", "agreement", "confidence")
REQUIRED = ("qty", "notional", "ref_price")
NOT_YET = {  # no stage can say them: models, anomalies, drift, strategies
    "model_fallback": "no model",
    "anomaly": "no anomaly score",
    "drift": "no learner",
    "strategy": "no strategy",
    "strategy_fallback": "no strategy",
}


def driven(
    seed: int, n: int = 400, inst: NDArray[Any] | None = None, p: DeskParams | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    bars, outs = random_rows(seed, n)
    carry = np.zeros(1, CARRY)
    run(carry, instrument() if inst is None else inst, bars, outs, p or params())
    return carry, outs


def places(x: float) -> int:
    exponent = Decimal(repr(float(x))).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.25, 0.0]))
def test_published_numbers_are_finite_and_rounded(seed: int, tick: float) -> None:
    _, outs = driven(seed, 300, instrument(tick=tick, lot=0.1))
    for row in outs["decision"]:
        for name in REQUIRED:
            assert math.isfinite(row[name])
        for name in ("unrealised", "realised", "qty"):
            assert math.isfinite(row["position"][name])
        assert all(math.isfinite(row["risk"][name]) for name in ("dd", "g", "g_regime", "g_dd", "g_quality", "g_ctl"))
        numbers = [row[name] for name in RATIOS] + list(row["risk"].tolist()) + list(row["contributions"])
        assert not np.any(np.isinf(numbers))
        assert all(places(x) <= 6 for x in numbers if not math.isnan(x))
        money = [row["notional"], row["ref_price"], row["stop"], row["target"]]
        money += [row["position"][name] for name in ("entry", "stop", "target", "unrealised", "realised")]
        assert not np.any(np.isinf(money))
        if tick:
            assert all(places(x) <= 2 for x in money if not math.isnan(x))
        else:
            assert all(len(Decimal(repr(float(x))).normalize().as_tuple().digits) <= 10 for x in money if x == x)
        for qty in (row["qty"], row["position"]["qty"]):
            assert places(qty) <= 1
        assert (row["position"]["state"] == 0) == math.isnan(row["position"]["entry"])
        assert not any(math.copysign(1.0, x) < 0 for x in numbers + money if x == 0.0)


@pytest.mark.parametrize(
    ("tick", "want"), [(0.01, 2), (0.25, 2), (0.5, 1), (1.0, 0), (5.0, 0), (1e-8, 8), (0.0, -1), (1 / 3, -1)]
)
def test_a_tick_says_how_many_decimals_a_price_has(tick: float, want: int) -> None:
    assert tick_decimals(tick) == want


@given(st.lists(st.sampled_from([0.0, -0.0, math.nan, 0.1, -0.1, 0.2, -0.3, 0.5]), min_size=11, max_size=11))
def test_equal_contributions_lead_in_their_order(contributions: list[float]) -> None:
    top = np.full(TOP, 7, np.int8)
    rank(top, np.array(contributions))
    moved = [i for i, x in enumerate(contributions) if abs(x) > 0.0]
    want = sorted(moved, key=lambda i: -abs(contributions[i]))[:TOP]  # a stable sort
    assert top.tolist() == want + [-1] * (TOP - len(want))


def test_the_five_largest_contributions_lead() -> None:
    _, outs = driven(2)
    for row in outs["decision"]:
        parts = np.nan_to_num(np.abs(row["contributions"]))
        top = [i for i in row["top"].tolist() if i >= 0]
        order = sorted((i for i in range(len(parts)) if parts[i] > 0), key=lambda i: (-parts[i], i))
        assert top == order[:5]


def test_an_opening_order_is_published_with_its_stop_and_target() -> None:
    desk = Desk()
    row = desk.bar(0.6)["decision"]
    assert (row["side"], row["ref_price"], row["stop"], row["target"]) == (1, 100.0, 95.0, 108.0)
    assert row["notional"] == row["qty"] * 100.0
    assert row["position"]["state"] == 0
    held = desk.bar(0.6)["decision"]
    assert (held["qty"], held["side"], held["stop"], held["target"]) == (0.0, 0, 95.0, 108.0)
    assert held["position"]["state"] == 1
    assert held["position"]["entry"] == 100.03


def test_every_reason_that_a_stage_can_say_is_reached() -> None:
    large = risk.Settings(position_limit=5.0, max_notional=1e6, dd_soft=0.029, dd_hard=0.03, dd_cool_down_bars=30)
    wide: dict[str, Any] = {
        "size": sizing.Settings(risk_fraction=0.05, stop_atr=10.0, target_atr=20.0),
        "limits": large,
    }
    sticky = decision.Settings(max_holding_bars=12, hold_score=0.0)
    settings_ = [
        params(),
        params(**wide, rules=sticky),
        params(**wide),
        params(kill=True),
        params(allow_open=False),
        params(version=1, ts=1),
        params(max_notional=2_000.0),
    ]
    seen = 0
    for seed, p in enumerate(settings_):
        _, outs = driven(seed, 3_000, p=p)
        seen |= int(np.bitwise_or.reduce(outs["decision"]["reasons"]))
    reached = {code.name for code in Reason if seen >> code & 1}
    assert reached == {code.name for code in Reason} - NOT_YET.keys()


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = driven(9), driven(9)
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 399))
def test_a_snapshot_continues_bit_for_bit(seed: int, cut: int) -> None:
    whole_carry, whole = driven(seed)
    bars, outs = random_rows(seed, 400)
    carry = np.zeros(1, CARRY)
    run(carry, instrument(), bars[:cut], outs[:cut], params())
    restored = np.frombuffer(bytearray(carry.tobytes()), CARRY)
    run(restored, instrument(), bars[cut:], outs[cut:], params())
    assert restored.tobytes() == whole_carry.tobytes()
    assert outs.tobytes() == whole.tobytes()


def test_an_all_zero_record_is_a_symbol_that_never_traded() -> None:
    bars, outs = random_rows(4, 1)
    run(np.zeros(1, CARRY), instrument(), bars, outs, params())
    position = outs[0]["decision"]["position"]
    assert (position["state"], position["qty"], position["realised"], position["unrealised"]) == (0, 0.0, 0.0, 0.0)
    assert outs[0]["risk"]["dd"] == 0.0
    assert outs[0]["execution"]["traded"] == 0.0


def test_no_output_field_is_left_from_the_row_before() -> None:
    bars, outs = random_rows(6, 200)
    again = outs.copy()
    for part in ("execution", "signal", "risk", "sizing", "decision"):
        again[part] = np.zeros(200, outs.dtype[part])
    run(np.zeros(1, CARRY), instrument(), bars, outs, params())
    run(np.zeros(1, CARRY), instrument(), bars, again, params())
    outs["decision"]["sequence"] = again["decision"]["sequence"] = 0
    for part in ("execution", "signal", "risk", "sizing", "decision"):
        assert str(outs[part].tolist()) == str(again[part].tolist())


def test_look_ahead_is_impossible_through_the_fill() -> None:
    """Changing a bar's features after its open cannot change the fill at that open (decisions 18)."""
    desks = [Desk(), Desk()]
    for desk in desks:
        desk.bar(0.6)
    desks[0].bar(0.6)
    desks[1].bar(-0.9, atr_14=17.0, vol_yz_20=0.1, code=5)
    for name in ("qty", "entry", "stop", "target", "realised", "unrealised"):
        assert desks[0].position[name] == desks[1].position[name]
