"""Published numbers: rounding is exact against `decimal`, idempotent, short in text and free of -0."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.engine.rounding import (
    decimals,
    decimals_of,
    floor_to_step,
    significant,
    significant_of,
    to_tick,
    to_tick_away,
    to_tick_down,
    to_tick_toward,
    to_tick_up,
)

PLACES = st.integers(0, 9)
NUMBERS = st.floats(-1e6, 1e6)
PRICES = st.floats(1e-9, 1e9)
TICKS = st.sampled_from([0.01, 0.05, 0.25, 0.1, 1e-8, 0.5, 1.0, 5.0])


def _places(x: float) -> int:
    """Decimals in the shortest text that reads back as `x`."""
    exponent = Decimal(repr(x)).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


@settings(deadline=None)  # the first call loads the kernel
@given(x=NUMBERS, d=PLACES)
@example(x=0.5, d=0)
@example(x=2.5, d=0)
@example(x=-0.0000004, d=6)
def test_decimals_is_half_even_of_the_scaled_float(x: float, d: int) -> None:
    scaled = Decimal(x * 10**d)
    expected = float(scaled.quantize(Decimal(1), ROUND_HALF_EVEN) / 10**d)
    assert decimals(x, d) == expected
    assert abs(Decimal(decimals(x, d)) - Decimal(x)) <= Decimal(10) ** -d / 2 + abs(Decimal(x)) * Decimal(2) ** -52


@settings(deadline=None)
@given(x=st.floats(allow_nan=False), d=PLACES)
def test_decimals_is_idempotent_and_never_minus_zero(x: float, d: int) -> None:
    once = decimals(x, d)
    assert decimals(once, d) == once
    assert once != 0.0 or math.copysign(1.0, once) == 1.0


@settings(deadline=None)
@given(x=st.floats(-(2.0**52), 2.0**52), d=PLACES)
def test_text_of_a_rounded_number_has_no_more_decimals(x: float, d: int) -> None:
    if abs(x * 10.0**d) < 2.0**53:
        assert _places(decimals(x, d)) <= d


@settings(deadline=None)
@given(x=PRICES, sign=st.sampled_from([1.0, -1.0]))
@example(x=9.99999999996, sign=1.0)
@example(x=1.0, sign=1.0)
def test_significant_equals_ten_digits_of_decimal(x: float, sign: float) -> None:
    found = significant(sign * x, 10)
    digits = Decimal(repr(found)).normalize().as_tuple().digits
    assert len(digits) <= 10
    unit = Decimal(10) ** (Decimal(x).adjusted() - 9)
    assert abs(Decimal(found) - Decimal(sign * x)) <= unit * Decimal("0.5000001")
    assert significant(found, 10) == found


@settings(deadline=None)
@given(x=st.floats(allow_nan=False, allow_infinity=False))
def test_significant_is_idempotent_at_any_scale(x: float) -> None:
    once = significant(x, 10)
    assert significant(once, 10) == once
    assert once != 0.0 or math.copysign(1.0, once) == 1.0


@pytest.mark.parametrize(
    "function", [lambda x: decimals(x, 6), lambda x: significant(x, 10), lambda x: to_tick(x, 0.01)]
)
def test_nan_stays_nan_and_infinity_infinity(function: object) -> None:
    assert callable(function)
    assert math.isnan(function(math.nan))
    assert function(math.inf) == math.inf
    assert function(-math.inf) == -math.inf


@settings(deadline=None)
@given(count=st.integers(-(10**9), 10**9), tick=TICKS)
def test_prices_on_the_grid_stay_in_every_direction(count: int, tick: float) -> None:
    price = float(count * Decimal(repr(tick)))
    assert to_tick(price, tick) == to_tick_up(price, tick) == to_tick_down(price, tick) == price


@settings(deadline=None)
@given(x=st.floats(-1e5, 1e5), tick=TICKS)
def test_ticks_bracket_the_price_and_nearest_is_one_of_them(x: float, tick: float) -> None:
    below, above, slack = to_tick_down(x, tick), to_tick_up(x, tick), 1e-8 * tick + 1e-15 * abs(x)
    assert below - slack <= x <= above + slack
    assert above - below <= tick * 1.000001 + slack
    assert to_tick(x, tick) in (below, above)
    assert _places(above) <= _places(tick)


@settings(deadline=None)
@given(entry=st.floats(1, 1e5), x=st.floats(1, 1e5), tick=TICKS)
def test_stops_round_away_from_entry_and_targets_toward_it(entry: float, x: float, tick: float) -> None:
    away, toward = to_tick_away(x, tick, entry), to_tick_toward(x, tick, entry)
    assert {away, toward} == {to_tick_down(x, tick), to_tick_up(x, tick)}
    assert (away <= toward) if x < entry else (toward <= away)


@settings(deadline=None)
@given(x=st.floats(0, 1e6), step=st.sampled_from([0.001, 0.1, 1.0, 100.0, 1e-8]))
@example(x=0.3, step=0.1)
def test_quantities_never_grow_beyond_the_slack(x: float, step: float) -> None:
    found = floor_to_step(x, step)
    assert found <= x + 2e-9 * step + 1e-15 * x
    assert x - found < step * 1.000001 + 1e-15 * x
    assert floor_to_step(found, step) == found


def test_three_tenths_are_three_steps_of_a_tenth() -> None:
    assert floor_to_step(0.3, 0.1) == 0.3
    assert floor_to_step(0.1 + 0.2, 0.1) == 0.3
    assert floor_to_step(0.29, 0.1) == 0.2


@pytest.mark.parametrize("round_", [to_tick, to_tick_up, to_tick_down, floor_to_step])
def test_an_unknown_step_leaves_the_value_alone(round_: object) -> None:
    assert callable(round_)
    assert round_(1.2345678901234, 0.0) == 1.2345678901234


def test_arrays_round_like_their_elements() -> None:
    values = np.random.default_rng(0).normal(0, 1e3, 500)
    assert decimals_of(values, 6).tolist() == [decimals(v, 6) for v in values]
    assert significant_of(values, 10).tolist() == [significant(v, 10) for v in values]
