"""Rules 16 to 22 and 31: each with a bar that meets it and its neighbour that does not."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest

from tests.unit.engine.stages.validation.case import Case, names
from worker.engine.elementary import exp
from worker.engine.stages.validation import Settings, price


def moved(case: Case, *, opening: float = 1.0, closing: float = 1.0, after: int = 1) -> set[str]:
    """Codes of a bar without wicks whose open and close are these multiples of the reference."""
    first, last = case.cp * opening, case.cp * closing
    return case.codes(after=after, open=first, close=last, high=max(first, last), low=min(first, last))


def loud() -> Case:
    """A symbol with returns of about 20 %, so that sigma_ref does not decide."""
    case = Case(bars=0)
    rng = np.random.default_rng(3)
    for step in rng.choice([0.8, 1.25], 40):
        close = (case.cp if case.own["accepted"] else 100.0) * step
        case.show(open=close, high=close, low=close, close=close)
    assert case.sigma > 0.2
    return case


@pytest.mark.parametrize(
    ("high", "low", "spike"),
    [(1.5, 1.0, False), (1.5001, 1.0, True), (1.0, 0.5, False), (1.0, 0.4999, True), (1.6, 0.3, True)],
)
def test_a_wick_beyond_half_the_price_rejects_the_bar(high: float, low: float, spike: bool) -> None:
    case = Case()
    verdict = case.show(high=case.cp * high, low=case.cp * low)
    assert ("wick_spike" in names(verdict)) == spike == (not verdict["accepted"])


def test_the_first_bar_meets_the_wick_rule_too() -> None:
    assert Case(bars=0).codes(high=151.0) == {"reference_missing", "wick_spike"}


@pytest.mark.parametrize("side", ["high", "low"])
@pytest.mark.parametrize(("wick", "codes"), [(0.099, {"wick_suspect"}), (0.101, {"wick_clipped"})])
def test_a_wick_of_many_sigma_is_clipped_from_ten_percent_and_suspect_before(
    side: str, wick: float, codes: set[str]
) -> None:
    case = Case()
    assert 20 * case.sigma < 0.09
    sign = 1 if side == "high" else -1
    assert case.codes(**{side: case.cp * math.exp(sign * wick)}) == codes


@pytest.mark.parametrize(("wick", "codes"), [(0.0499, set()), (0.0501, {"wick_suspect"})])
def test_a_wick_below_five_percent_is_never_suspect(wick: float, codes: set[str]) -> None:
    case = Case()
    assert case.codes(high=case.cp * math.exp(wick)) == codes


def test_a_wick_within_ten_sigma_is_ordinary_in_a_loud_market() -> None:
    case = loud()
    assert case.codes(high=case.cp * 1.49) == set()


def test_clipping_leaves_ten_sigma_of_the_wick_and_only_of_that_bar() -> None:
    case = Case()
    sigma, cp = case.sigma, case.cp
    verdict = case.show(high=cp * 1.3, low=cp * 0.7)
    assert float(verdict["high"]) == cp * exp(10 * sigma)
    assert float(verdict["low"]) == cp * exp(-10 * sigma)
    assert float(verdict["sigma_ref"]) == sigma
    after = case.bar(high=case.cp * 1.001)
    verdict = case.show(after)
    assert (float(verdict["high"]), float(verdict["low"])) == (after["high"], after["low"])


def test_a_bar_whose_open_alone_is_wrong_is_an_outlier() -> None:
    assert moved(Case(), opening=2.0) == {"open_outlier"}
    assert "open_outlier" not in moved(Case(), opening=1.499)


def test_a_fast_close_on_the_way_to_the_open_is_no_open_outlier() -> None:
    # |ln 0.62| > |ln(0.49 / 0.62)|: the close is nearer to its own open
    assert "open_outlier" not in moved(loud(), opening=0.49, closing=0.62)
    assert moved(loud(), opening=0.49, closing=0.72) == {"open_outlier"}


@pytest.mark.parametrize(
    ("closing", "codes"),
    [(1.4999, set()), (1.5001, {"price_change_exceeded"}), (0.5001, set()), (0.4999, {"price_change_exceeded"})],
)
def test_a_close_beyond_the_largest_change_is_quarantined(closing: float, codes: set[str]) -> None:
    case = loud()
    accepted = int(case.own["accepted"])
    assert moved(case, opening=closing, closing=closing) == codes
    assert int(case.own["accepted"]) == accepted + (not codes)
    assert case.own["pending"] == len(codes)


def test_the_largest_change_is_a_setting() -> None:
    case = Case(Settings(max_price_change=0.01))
    assert "price_change_exceeded" in moved(case, opening=1.011, closing=1.011)
    assert "price_change_exceeded" not in moved(Case(Settings(max_price_change=0.01)), opening=1.0099, closing=1.0099)


@pytest.mark.parametrize(
    ("opening", "closing", "split"),
    [
        (0.51, 0.52, True),  # 2:1 within the 50 % limit
        (0.51, 0.584, False),  # |ln close| = 0.538
        (0.5493, 0.55, False),  # |ln open| = 0.599
        (0.5315, 0.55, False),  # open beyond 0.06 from ln 2
        (0.5305, 0.55, True),  # |ln open| = 0.634, 0.059 from ln 2
        (2.0, 1.9, True),
        (1 / 20, 1 / 20.5, True),
        (1 / 12.2, 1 / 12.2, False),  # between 10 and 15
    ],
)
def test_a_jump_near_a_split_ratio_is_quarantined(opening: float, closing: float, split: bool) -> None:
    assert ("split_suspected" in moved(Case(), opening=opening, closing=closing)) == split


def test_no_split_is_seen_where_such_moves_are_usual_or_sigma_is_unknown() -> None:
    assert "split_suspected" not in moved(loud(), opening=0.51, closing=0.52)
    young = Case(bars=20)  # 19 returns
    assert young.sigma == 0
    assert moved(young, opening=0.51, closing=0.52) == set()


def test_split_logarithms_are_those_of_their_ratios() -> None:
    with mpmath.workdps(40):
        assert [float(mpmath.log(mpmath.mpf(str(k)))) for k in price.SPLIT_RATIOS] == price.SPLIT_LOGS.tolist()


def test_a_close_nearer_to_the_candidate_than_to_the_reference_joins_it() -> None:
    for closing, codes in ((1.3, {"candidate_level"}), (1.26, {"price_spike"})):  # sqrt(1.6) = 1.265
        case = Case()
        moved(case, opening=1.6, closing=1.6)
        assert moved(case, after=2, closing=closing, opening=1.2) - {"gap"} == codes


def test_a_move_of_ten_sigma_is_a_price_spike_and_accepted() -> None:
    for sigmas, codes in ((10.01, {"price_spike"}), (9.99, set())):
        case = Case()
        assert moved(case, closing=math.exp(sigmas * case.sigma)) == codes
        assert case.own["accepted"] == 61


def test_a_quarantined_bar_is_no_price_spike() -> None:
    assert moved(Case(), opening=1.6, closing=1.6) == {"price_change_exceeded"}


def test_rules_in_units_of_sigma_wait_for_twenty_returns() -> None:
    for bars, codes in ((20, set()), (21, {"price_spike"})):
        assert moved(Case(bars=bars), closing=1.05) == codes


def expired(case: Case, **fields: Any) -> set[str]:
    return set(names(case.show(after=20_000, **fields)))


def test_an_expired_reference_judges_no_price_but_wicks_are_still_judged() -> None:
    case = Case()
    assert expired(case, open=40.0, close=400.0, low=40.0, high=400.0) == {"reference_expired", "gap_large"}
    assert expired(case, high=case.cp * 1.45) == {"reference_expired", "gap_large"}
    assert "wick_spike" in expired(case, high=case.cp * 1.6)
