"""The sorted window against numpy, whatever enters and leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import drawn
from worker.engine.kernel import kernel
from worker.engine.windows import ring, sorted_window

Array = np.ndarray[Any, np.dtype[Any]]

WINDOW = 13
STATE = np.dtype([("ring", ring.ring(WINDOW)), ("sorted", sorted_window.sorted_window(WINDOW))], align=True)
QUANTILES = np.array([0.0, 0.25, 0.5, 0.75, 0.9, 1.0])


@kernel
def _slide(states, values, quantiles, medians, mads, ranks):  # type: ignore[no-untyped-def]
    state = states[0]
    for i in range(values.size):
        leaving = ring.push(state.ring, values[i])
        sorted_window.slide(state.sorted, leaving, values[i])
        for j in range(QUANTILES.size):
            quantiles[i, j] = sorted_window.quantile(state.sorted, QUANTILES[j])
        medians[i] = sorted_window.median(state.sorted)
        mads[i] = sorted_window.mad(state.sorted, medians[i])
        ranks[i] = sorted_window.below(state.sorted, values[i])


@kernel
def _insert_remove(states, values, order):  # type: ignore[no-untyped-def]
    window = states[0].sorted
    for value in values:
        sorted_window.insert(window, value)
    for i in order:
        sorted_window.remove(window, values[i])


def slide(values: list[float]) -> tuple[Array, Array, Array, Array, Array]:
    state, n = np.zeros(1, STATE), len(values)
    quantiles, medians, mads, ranks = np.empty((n, QUANTILES.size)), np.empty(n), np.empty(n), np.empty(n)
    _slide(state, np.array(values, dtype=np.float64), quantiles, medians, mads, ranks)
    return state, quantiles, medians, mads, ranks


# few distinct values, so that ties, runs of equal values and both zeros are common
coarse = st.integers(-4, 4).map(lambda n: n / 4) | st.just(-0.0)
fine = st.floats(-1e6, 1e6, allow_nan=False)


@settings(max_examples=drawn(30, 150), deadline=None)
@given(st.lists(coarse | fine, min_size=1, max_size=60))
def test_quantiles_median_mad_and_rank_are_numpys(values: list[float]) -> None:
    _, quantiles, medians, mads, ranks = slide(values)
    for i in range(len(values)):
        window = np.array(values[max(0, i + 1 - WINDOW) : i + 1])
        np.testing.assert_allclose(quantiles[i], np.quantile(window, QUANTILES), rtol=1e-12, atol=1e-9)
        assert medians[i] == np.median(window)
        assert mads[i] == np.median(np.abs(window - np.median(window)))
        assert ranks[i] == np.sum(window < values[i])


@settings(max_examples=50, deadline=None)
@given(st.lists(coarse, min_size=1, max_size=WINDOW), st.randoms(use_true_random=False))
def test_removal_by_value_takes_out_one_equal_element(values: list[float], random: Any) -> None:
    order = random.sample(range(len(values)), random.randrange(len(values) + 1))
    state = np.zeros(1, STATE)
    _insert_remove(state, np.array(values), np.array(order, dtype=np.int64))
    left = sorted(value for i, value in enumerate(values) if i not in order)
    window = state["sorted"][0]
    assert window["values"][: window["count"]].tolist() == left


def test_equal_windows_have_equal_bytes_whatever_the_sign_of_zero() -> None:
    with_minus, _, _, _, _ = slide([1.0, -0.0, 2.0, -0.0])
    with_plus, _, _, _, _ = slide([1.0, 0.0, 2.0, 0.0])
    assert with_minus["sorted"].tobytes() == with_plus["sorted"].tobytes()


def test_an_empty_window_has_no_quantile() -> None:
    state = np.zeros(1, STATE)
    empty = np.full(4, 7.0)

    @kernel
    def ask(states, answers):  # type: ignore[no-untyped-def]
        window = states[0].sorted
        answers[0] = sorted_window.quantile(window, 0.5)
        answers[1] = sorted_window.median(window)
        answers[2] = sorted_window.mad(window, 0.0)
        answers[3] = sorted_window.below(window, 0.0)

    ask(state, empty)
    assert np.isnan(empty[:3]).all()
    assert empty[3] == 0
