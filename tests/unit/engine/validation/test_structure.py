"""Rules 0 to 6: each with a record that breaks it and its neighbour that does not."""

from __future__ import annotations

import math

import pytest

from tests.unit.engine.validation.case import MINUTE, Case
from worker.engine.reasons import Reject, bits
from worker.engine.stages.validation import Settings

PRICES = ("open", "high", "low", "close")


def test_an_ordinary_bar_has_no_codes_and_is_excellent() -> None:
    verdict = Case().show()
    assert (int(verdict["mask"]), float(verdict["score"]), int(verdict["level"])) == (0, 1.0, 4)
    assert verdict["accepted"]


def test_codes_found_in_decoding_reject_the_record_as_they_are() -> None:
    mask = bits(Reject.missing_field, Reject.key_mismatch)
    verdict = Case().show(mask=mask)
    assert int(verdict["mask"]) == mask
    assert not verdict["accepted"]
    assert (float(verdict["score"]), int(verdict["level"])) == (0.0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"interval_ms": 2 * MINUTE},
        {"interval_ms": 0},
        {"interval_ms": -MINUTE},
        {"ts": 8_640_000_000_000_001},
        {"ts": -8_640_000_000_000_001},
        {"ts": -(2**63)},
    ],
)
def test_another_interval_or_an_impossible_time_is_malformed(fields: dict[str, int]) -> None:
    assert Case().codes(**fields) == {"malformed_record"}


def test_the_first_accepted_bar_sets_the_symbols_interval() -> None:
    case = Case(bars=0)
    assert case.show(interval_ms=7 * MINUTE, ts=7 * MINUTE * 1_000)["accepted"]
    assert case.own["interval_ms"] == 7 * MINUTE


@pytest.mark.parametrize("field", [*PRICES, "volume"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_is_non_finite(field: str, value: float) -> None:
    assert Case().codes(**{field: value}) == {"non_finite"}


@pytest.mark.parametrize("field", PRICES)
@pytest.mark.parametrize("value", [0.0, -0.0, -37.63])
def test_a_price_at_or_below_zero_is_fatal(field: str, value: float) -> None:
    assert Case().codes(**{field: value}) == {"non_positive_price"}


def test_the_smallest_positive_price_is_judged_by_the_other_rules() -> None:
    assert "non_positive_price" not in Case().codes(low=5e-324)


def test_a_spread_may_be_negative_and_then_meets_no_rule_about_ratios() -> None:
    case = Case(allow_non_positive_price=True)
    returns = int(case.own["returns"]["count"])
    assert case.codes(open=100.0, high=100.0, low=-40.0, close=-37.63) == set()
    assert case.codes(open=-37.63, high=20.0, low=-38.0, close=10.0) == set()  # the reference is negative
    assert case.own["returns"]["count"] == returns
    assert case.show(open=10.0, close=10.01)["accepted"]
    assert case.own["returns"]["count"] == returns + 1


def test_volume_must_not_be_negative() -> None:
    assert Case().codes(volume=-1e-9) == {"negative_volume"}
    assert "negative_volume" not in Case().codes(volume=-0.0)


def test_volume_must_reach_the_configured_least() -> None:
    settings = Settings(min_volume=10.0)
    assert Case(settings).codes(volume=9.999) == {"volume_below_min"}
    assert Case(settings).codes(volume=10.0) == set()


@pytest.mark.parametrize(
    ("high", "low", "broken"),
    [
        (1 - 2e-9, 1.0, True),
        (1 - 5e-10, 1.0, True),  # within rounding of the body, but below the low
        (1 - 5e-10, 1 - 5e-10, False),
        (1.0, 1 + 2e-9, True),
        (1 + 5e-10, 1 + 5e-10, False),
        (1.0, 1.0, False),
    ],
)
def test_high_and_low_must_enclose_the_body_up_to_rounding(high: float, low: float, broken: bool) -> None:
    case = Case()
    assert ("ohlc_inconsistent" in case.codes(high=case.cp * high, low=case.cp * low)) == broken


def test_a_flat_negative_bar_is_consistent() -> None:
    flat = dict.fromkeys(PRICES, -37.63)
    assert Case(allow_non_positive_price=True).show(**flat)["accepted"]
