"""Level shifts (domain §1.4): injected faults, self-healing, no deadlock, no contagion."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.drive import Symbol, make_bars
from tests.support.injection import PRICES, Tally, fixed_faults, judge, random_faults
from tests.unit.engine.stages.validation.case import Case, names
from worker.engine.stages.validation import Settings


def test_no_injected_fault_is_missed_and_no_good_bar_suffers() -> None:
    assert judge(fixed_faults) == Tally(bad=1_480, missed=0, extra=0, left_out=6)


def test_at_random_places_next_to_none_are_missed() -> None:
    """A bar ×1.7 whose true move was below -11.7%, or ×0.4 above +25%, lies within the given 50%."""
    rng = np.random.default_rng(5)
    total = judge(lambda: random_faults(rng))
    assert total.bad > 1_200
    assert total.extra == 0
    assert total.missed <= 2


@pytest.mark.parametrize("factor", [10.0, 0.1, 1000.0, 2.5])
def test_a_symbol_whose_first_bar_is_bad_heals_with_the_third_good_one(factor: float) -> None:
    closes = np.full(10, 100.0)
    bars = make_bars(closes)
    for field in PRICES:
        bars[field][0] *= factor
    verdicts = Symbol().feed(bars)["validation"]
    assert verdicts["accepted"].tolist() == [True, False, False, *[True] * 7]
    assert verdicts["shift"].tolist() == [False] * 3 + [True] + [False] * 6
    assert verdicts["pending"].tolist()[:4] == [0, 1, 2, 0]
    assert verdicts["quarantine"].tolist()[:5] == [False, False, True, True, False]


@pytest.mark.parametrize("recovery", [2, 3, 4, 5])
def test_a_new_level_is_accepted_with_its_nth_bar(recovery: int) -> None:
    case = Case(Settings(recovery_bars=recovery))
    level = case.cp * 3
    verdicts = [
        case.show(after=1 + i, open=level, high=level * 1.05, low=level, close=level * 1.01**i) for i in range(recovery)
    ]
    assert [bool(v["accepted"]) for v in verdicts] == [False] * (recovery - 1) + [True]
    assert names(verdicts[-1])[0] == "gap"
    assert "level_shift_accepted" in names(verdicts[-1])
    assert not {"price_change_exceeded", "split_suspected", "candidate_level"} & set(names(verdicts[-1]))
    assert case.cp == pytest.approx(level * 1.01 ** (recovery - 1))
    assert case.own["pending"] == 0


@pytest.mark.parametrize("factor", [1.6, 3.0, 0.3, 0.05, 1e4])
def test_no_jump_stops_a_symbol_for_ever(factor: float) -> None:
    rng = np.random.default_rng(11)
    closes = 100 * np.exp(np.cumsum(2e-3 * rng.normal(size=300)))
    closes[150:] *= factor
    bars = make_bars(closes)
    bars["open"][150] *= factor
    bars["high"][150], bars["low"][150] = closes[150] * 1.001, bars["open"][150] * 0.99
    bars["low"][150] = min(bars["open"][150], closes[150]) * 0.999
    bars["high"][150] = max(bars["open"][150], closes[150]) * 1.001
    verdicts = Symbol().feed(bars)["validation"]
    assert np.flatnonzero(~verdicts["accepted"]).tolist() == [150, 151]
    assert np.flatnonzero(verdicts["shift"]).tolist() == [152]


def test_bad_prints_on_either_side_never_become_a_level() -> None:
    case = Case()
    for step, factor in enumerate((3.0, 0.01, 40.0, 0.3, 700.0, 0.2, 1e5)):
        price = case.cp * factor
        verdict = case.show(after=1 + step, open=price, high=price, low=price, close=price)
        assert not verdict["accepted"]
        assert verdict["pending"] == 1
    verdict = case.show(after=9)
    assert verdict["accepted"]
    assert verdict["quarantine"]
    assert not verdict["shift"]


def test_a_fatal_bar_neither_enters_nor_clears_the_candidates() -> None:
    case = Case()
    level = {"open": 300.0, "high": 300.0, "low": 300.0, "close": 300.0}
    case.show(after=1, **level)
    assert case.show(after=2, volume=-1.0, **level)["pending"] == 1
    assert case.show(after=2, **{**level, "high": 900.0})["pending"] == 1
    assert case.show(after=2, **level)["pending"] == 2
    assert case.show(after=3, **level)["shift"]


def test_an_expired_reference_clears_the_candidates() -> None:
    case = Case()
    case.show(after=1, open=300.0, high=300.0, low=300.0, close=300.0)
    verdict = case.show(after=20_000, open=500.0, high=500.0, low=500.0, close=500.0)
    assert verdict["expired"]
    assert verdict["pending"] == 0


def test_a_return_across_a_shift_or_an_expiry_never_enters_sigma() -> None:
    case = Case()
    sigma, returns = case.sigma, int(case.own["returns"]["count"])
    level = case.cp * 3
    for step in (1, 2, 3):
        case.show(after=step, open=level, high=level, low=level, close=level)
    assert (case.sigma, int(case.own["returns"]["count"])) == (sigma, returns)
    case.show(after=20_000, open=100.0, high=100.0, low=100.0, close=100.0)
    assert (case.sigma, int(case.own["returns"]["count"])) == (sigma, returns)
    case.show(close=case.cp * 1.001)
    assert int(case.own["returns"]["count"]) == returns + 1


def test_a_shift_clears_what_is_rolling_and_keeps_what_is_free_of_scale() -> None:
    closes = np.full(200, 100.0)
    closes[120:] = 400.0
    bars = make_bars(closes)
    for field in PRICES:
        bars[field][120] = 400.0
    symbol = Symbol()
    outs = symbol.feed(bars)
    assert np.flatnonzero(outs["validation"]["shift"]).tolist() == [122]
    ready = outs["normalization"]["ready"]
    assert not ready[120:141].any()
    assert ready[141:].all()
    assert int(symbol.state["history"]["count"][0]) == 78
    assert not np.isnan(outs["validation"]["sigma_ref"][120:]).any()
