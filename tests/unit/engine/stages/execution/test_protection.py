"""Stops, targets, gaps through them, and the close after a level shift."""

from __future__ import annotations

import pytest

from tests.support.decide_drive import Desk, action, blocking, params, reasons
from worker.engine.stages import execution

SLIP = 2e-4


def holding(final: float = 0.6) -> Desk:
    """A desk that entered at an open of 100: stop 95, target 108 (short: 105, 92)."""
    desk = Desk()
    desk.bar(final)
    desk.bar(final)
    assert desk.position["side"] == (1 if final > 0 else -1)
    return desk


@pytest.mark.parametrize(
    ("final", "bar", "exit_price"),
    [
        (0.6, {"open": 99.0, "low": 94.0, "close": 96.0}, 95.0 * (1 - SLIP)),
        (0.6, {"open": 93.0, "low": 92.0, "close": 94.0}, 93.0 * (1 - SLIP)),
        (0.6, {"open": 99.0, "low": 95.0, "close": 96.0}, 95.0 * (1 - SLIP)),
        (-0.6, {"open": 101.0, "high": 106.0, "close": 104.0}, 105.0 * (1 + SLIP)),
        (-0.6, {"open": 107.0, "high": 108.0, "close": 106.0}, 107.0 * (1 + SLIP)),
    ],
)
def test_a_stop_fills_at_its_price_or_at_a_worse_open(final: float, bar: dict[str, float], exit_price: float) -> None:
    desk = holding(final)
    row = desk.bar(final, **bar)
    assert "stop_loss" in reasons(row)
    assert row["execution"]["trade"]["exit"] == pytest.approx(exit_price, rel=1e-15)
    assert desk.position["side"] == 0


@pytest.mark.parametrize(
    ("final", "bar", "exit_price"),
    [
        (0.6, {"open": 101.0, "high": 109.0, "close": 107.0}, 108.0),
        (0.6, {"open": 110.0, "high": 111.0, "close": 109.0}, 110.0),
        (-0.6, {"open": 99.0, "low": 91.0, "close": 93.0}, 92.0),
        (-0.6, {"open": 90.0, "low": 89.0, "close": 91.0}, 90.0),
    ],
)
def test_a_target_fills_at_its_price_or_at_a_better_open(
    final: float, bar: dict[str, float], exit_price: float
) -> None:
    desk = holding(final)
    row = desk.bar(final, **bar)
    assert "take_profit" in reasons(row)
    assert row["execution"]["trade"]["exit"] == exit_price


@pytest.mark.parametrize("final", [0.6, -0.6])
def test_both_in_one_bar_counts_as_stopped(final: float) -> None:
    row = holding(final).bar(final, open=100.0, close=100.0, high=120.0, low=80.0)
    assert "stop_loss" in reasons(row)
    assert "take_profit" not in reasons(row)


def test_a_position_can_be_stopped_in_the_bar_that_opened_it() -> None:
    desk = Desk()
    desk.bar(0.6)
    row = desk.bar(0.6, low=90.0)
    assert row["execution"]["trade"]["closed"]
    assert row["execution"]["trade"]["bars_held"] == 0
    assert "stop_loss" in reasons(row)


def test_the_effective_low_counts_not_the_raw_one() -> None:
    desk = holding()
    row = desk.bar(0.6, low=96.0)
    assert "stop_loss" not in reasons(row)
    assert desk.position["side"] == 1


def bars_until_open(desk: Desk) -> int:
    """Bars after this one until an open is decided; each of them is blocked by the cool-down alone."""
    for n in range(1, 100):
        row = desk.bar(0.6)
        if action(row) == "open_long":
            return n
        assert blocking(row) == "cool_down"
        assert reasons(row) == {"signal_long", "cool_down"}
    raise AssertionError("never opened again")


def test_three_bars_cool_down_after_a_close() -> None:
    desk = holding()
    desk.bar(0.0)
    row = desk.bar(0.6)
    assert row["execution"]["trade"]["closed"]
    assert blocking(row) == "cool_down"
    assert bars_until_open(desk) == 3 + 1


def test_twelve_bars_cool_down_after_a_stop_out() -> None:
    desk = holding()
    row = desk.bar(0.6, low=90.0)
    assert blocking(row) == "cool_down"
    assert {"stop_loss", "cool_down"} <= reasons(row)
    assert bars_until_open(desk) == 12 + 1


@pytest.mark.parametrize(
    ("field", "exit_bar"), [("cool_down_bars", {"high": 110.0}), ("stop_cool_down_bars", {"low": 90.0})]
)
def test_a_cool_down_of_0_is_none_not_even_on_the_bar_of_the_exit(field: str, exit_bar: dict[str, float]) -> None:
    desk = Desk(params(costs=execution.Settings(**{field: 0})))
    desk.bar(0.6)
    desk.bar(0.6)
    row = desk.bar(0.6, **exit_bar)
    assert row["execution"]["trade"]["closed"]
    assert action(row) == "open_long"
    assert "cool_down" not in reasons(row)


def test_a_cool_down_of_1_blocks_the_bar_of_the_exit_and_the_next() -> None:
    desk = Desk(params(costs=execution.Settings(cool_down_bars=1)))
    desk.bar(0.6)
    desk.bar(0.6)
    assert blocking(desk.bar(0.6, high=110.0)) == "cool_down"
    assert bars_until_open(desk) == 1 + 1


def test_a_level_shift_closes_at_the_close_and_marks_the_trade_suspect() -> None:
    desk = holding()
    qty = float(desk.position["qty"])
    row = desk.bar(0.6, open=50.0, close=51.0, low=49.0, shift=True, quarantine=True)
    trade = row["execution"]["trade"]
    assert (trade["closed"], trade["suspect"]) == (True, True)
    assert trade["exit"] == pytest.approx(51.0 * (1 - 3e-4))
    assert "level_shift" in reasons(row)
    assert "stop_loss" not in reasons(row)
    assert action(row) == "close"
    assert (row["decision"]["qty"], row["decision"]["side"]) == (qty, -1)
    assert desk.position["side"] == 0
    assert desk.pending["action"] == 0


def test_after_a_level_shift_nothing_opens_until_the_features_are_warm() -> None:
    desk = holding()
    desk.bar(0.6, close=51.0, shift=True, quarantine=True)
    for _ in range(20):
        row = desk.bar(0.6, close=51.0, vol_yz_20=float("nan"))
        assert action(row) == "hold"
        assert {"level_shift", "warmup"} <= reasons(row)
    assert action(desk.bar(0.6, close=51.0)) == "open_long"


def test_a_level_shift_without_a_position_holds() -> None:
    row = Desk().bar(0.6, shift=True, quarantine=True)
    assert action(row) == "hold"
    assert blocking(row) == "data_quarantine"
    assert {"data_quarantine", "level_shift"} <= reasons(row)
