"""Variates agree with the functions and distributions they stand for."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sources.simulation.splitmix import uniforms
from worker.sources.simulation.variates import Floats, cos_pi, exponential, ln, student_t4

SAMPLE = uniforms(np.array([7, 8], np.uint64), 0, 200_000)


@given(st.floats(1e-300, 1e300))
def test_ln_is_the_natural_logarithm(x: float) -> None:
    assert ln(np.array([x]))[0] == pytest.approx(math.log(x), rel=1e-14, abs=1e-15)


@given(st.floats(0.0, 1.0))
def test_cos_pi_is_the_cosine(x: float) -> None:
    assert cos_pi(np.array([x]))[0] == pytest.approx(math.cos(math.pi * x), abs=2e-15)


def cdf_t4(x: Floats) -> Floats:
    # Closed form for 4 degrees of freedom; x has variance 1, so t = x sqrt 2.
    t = x * math.sqrt(2.0)
    u = t / np.sqrt(1.0 + t * t / 4.0)
    return np.asarray(0.5 + 0.375 * u * (1.0 - u * u / 12.0))


def cdf_exponential(x: Floats) -> Floats:
    return np.asarray(1.0 - np.exp(-x))


@pytest.mark.parametrize(
    ("sample", "cdf"),
    [(student_t4(SAMPLE[0], SAMPLE[1]), cdf_t4), (exponential(SAMPLE[0]), cdf_exponential)],
    ids=["t4", "exponential"],
)
def test_distribution(sample: Floats, cdf: Callable[[Floats], Floats]) -> None:
    # Kolmogorov-Smirnov at the level of one in a thousand: 1.95 / sqrt(n).
    ordered = cdf(np.sort(sample))
    steps = np.arange(1, ordered.size + 1) / ordered.size
    assert np.abs(ordered - steps).max() < 1.95 / math.sqrt(ordered.size)
