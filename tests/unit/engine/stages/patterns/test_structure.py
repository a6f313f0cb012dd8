"""Swings, levels, doubles, divergences and squeezes against batch forms of their definitions; no repainting."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.features_drive import DERIVED, drive, make_bars
from tests.support.features_series import Series, random_walk
from tests.support.oracle_report import record
from tests.unit.engine.stages.patterns import reference
from tests.unit.engine.stages.patterns.series import outputs, series
from worker.engine.stages.patterns import EVENTS

NAMES = tuple(event.name for event in EVENTS)
SERIES = ("sp500", "nasdaq", "ticks", "stretched", "spiked", "lean_goog")
LEVEL_EVENTS = ("support_touch", "resistance_touch", "support_break", "resistance_break")
WALK = make_bars(*random_walk(31, 900))
WHOLE = drive(WALK)


@cache
def inputs(name: str) -> reference.Inputs:
    features = outputs(name)["features"]
    return reference.Inputs(series(name), features["atr_14"], features["rsi_14"])


def events(name: str, event: str) -> NDArray[np.int16]:
    return reference.event_column(outputs(name)["patterns"], NAMES, event)


def agree(what: str, name: str, found: Any, expected: Any) -> None:
    """Equal on every bar, and not for want of events."""
    np.testing.assert_array_equal(found, expected)
    assert np.count_nonzero(expected) > 0
    record(f"{what} {name}", 0.0, 0.0)


@pytest.mark.parametrize("name", SERIES)
def test_swings_equal_talib_fractals(name: str) -> None:
    s = inputs(name).series
    high, low = talib.FRACTAL(s.high, s.low, leftbars=2, rightbars=2)
    agree("swing_high", name, events(name, "swing_high"), high)
    agree("swing_low", name, events(name, "swing_low"), low)


@pytest.mark.parametrize("name", SERIES)
def test_levels_are_touched_and_broken_as_defined(name: str) -> None:
    _, expected = reference.levels(inputs(name))
    for event in LEVEL_EVENTS:
        agree(event, name, events(name, event), [now.get(event, 0) for now in expected])


@pytest.mark.parametrize("name", SERIES)
def test_doubles_fire_as_defined(name: str) -> None:
    expected = reference.doubles(inputs(name))
    found = events(name, "double_top") + events(name, "double_bottom")
    agree("double", name, found, 100 * np.nan_to_num(expected))


@pytest.mark.parametrize("name", SERIES)
def test_divergences_are_found_as_defined(name: str) -> None:
    expected = reference.divergences(inputs(name))
    agree("divergence", name, events(name, "divergence"), 100 * np.nan_to_num(expected))


@pytest.mark.parametrize("name", SERIES)
def test_the_structure_signal_is_half_the_clipped_sum(name: str) -> None:
    found, expected = outputs(name)["patterns"]["structure"], reference.structure(inputs(name))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    error = float(np.nanmax(np.abs(found - expected)))
    record(f"structure {name}", error, 1e-14)
    assert np.nanmin(found) == -1.0
    assert np.nanmax(found) == 1.0


@pytest.mark.parametrize("name", ["sp500", "nasdaq", "ticks", "stretched"])
def test_squeezes_begin_and_end_as_defined(name: str) -> None:
    begun, released = reference.squeezes(inputs(name).series)
    agree("squeeze", name, events(name, "squeeze"), begun)
    agree("squeeze_release", name, events(name, "squeeze_release"), released)


def test_every_event_occurs() -> None:
    seen = {event for name in SERIES[:5] for event in NAMES if events(name, event).any()}
    assert seen == set(NAMES)


@given(cut=st.integers(1, WALK.size - 1))
@settings(max_examples=25)
def test_nothing_is_repainted(cut: int) -> None:
    assert drive(WALK[:cut]).tobytes() == WHOLE[:cut].tobytes()


@pytest.mark.parametrize(("event", "window"), [("swing_high", 5), ("swing_low", 5), ("breakout_failed", 40)])
def test_what_has_a_window_forgets_what_lies_before_it(event: str, window: int) -> None:
    column = NAMES.index(event)
    late, whole = drive(WALK[300:])["patterns"]["events"], WHOLE["patterns"]["events"][300:]
    np.testing.assert_array_equal(late[window:, column], whole[window:, column])


def test_a_cleared_state_is_a_fresh_one() -> None:
    state = np.zeros(1, DERIVED)
    drive(WALK[:400], state)
    state.view(np.uint8)[:] = 0
    assert drive(WALK[400:], state).tobytes() == drive(WALK[400:]).tobytes()


def test_a_broken_resistance_supports_from_then_on() -> None:
    """One high at 110 among quiet bars, a close far above it, then a dip to it from above."""
    close = np.full(60, 100.0)
    high, low = close + 1, close - 1
    high[30] = 110.0
    high[45], close[45:] = 114.0, 113.0
    high[46:], low[46:] = 114.0, 112.0
    low[50] = 110.0
    rows = drive(make_bars(*Series(close, high, low, close, np.ones(60))))["patterns"]
    assert np.flatnonzero(reference.event_column(rows, NAMES, "resistance_break")).tolist() == [45]
    assert 50 in np.flatnonzero(reference.event_column(rows, NAMES, "support_touch")).tolist()
    assert not reference.event_column(rows, NAMES, "support_break").any()
