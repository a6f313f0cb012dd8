"""log, exp and tanh are within 1 ulp of mpmath everywhere, exact where they must be, and the same in any kernel."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.examples import drawn
from tests.support.oracle_report import record
from worker.engine.elementary import exp, log, tanh
from worker.engine.kernel import kernel

RNG = np.random.default_rng(20)
EACH = drawn(1, 10)
PRECISION = 110  # bits: twice a float64 and some


@kernel
def _logs(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = log(x[i])


@kernel
def _exps(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = exp(x[i])


@kernel
def _tanhs(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = tanh(x[i])


def _all_magnitudes(n: int) -> NDArray[np.float64]:
    """Positive finite values with uniformly drawn bits: every exponent, subnormals included."""
    return RNG.integers(1, 0x7FF0000000000000, n).view(np.float64)


POINTS: dict[str, tuple[Callable[..., None], Callable[..., Any], list[NDArray[np.float64]]]] = {
    "log": (
        _logs,
        mpmath.log,
        [
            _all_magnitudes(EACH * 2_000),
            RNG.uniform(0.5, 2, EACH * 2_000),
            1 + RNG.normal(0, 1e-3, EACH * 1_000),
            RNG.uniform(0, 1e-307, EACH * 200),
        ],
    ),
    "exp": (
        _exps,
        mpmath.exp,
        [
            RNG.uniform(-745.1, 709.78, EACH * 2_000),
            RNG.normal(0, 1, EACH * 2_000),
            RNG.normal(0, 1e-6, EACH * 600),
            RNG.uniform(-745, -708, EACH * 600),
        ],
    ),
    "tanh": (
        _tanhs,
        mpmath.tanh,
        [
            RNG.uniform(-20, 20, EACH * 2_000),
            RNG.uniform(-1, 1, EACH * 2_400),
            RNG.uniform(0.54, 0.6, EACH * 400),
            _all_magnitudes(EACH * 400),
        ],
    ),
}


def _ulps(found: float, exact: Any) -> float:
    return float(abs(mpmath.mpf(found) - exact) / mpmath.mpf(math.ulp(float(exact))))


def _relative(found: float, exact: Any) -> float:
    # Below the normal range a relative error says nothing; the ulp does.
    return float(abs(mpmath.mpf(found) - exact) / abs(exact)) if abs(exact) > 1e-300 else 0.0


@pytest.mark.parametrize("name", sorted(POINTS))
def test_error_is_at_most_one_ulp(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run, reference, parts = POINTS[name]
    x = np.concatenate(parts)
    assert x.size > EACH * 5_000
    found = np.empty_like(x)
    run(x, found)
    with mpmath.workprec(PRECISION):
        exact = [reference(mpmath.mpf(v)) for v in x.tolist()]
        worst = max(map(_ulps, found.tolist(), exact))
        relative = max(_relative(y, e) for y, e in zip(found.tolist(), exact, strict=True))
    with capsys.disabled():
        print(f"\n{name}: worst error {worst:.3f} ulp over {x.size} points")
    assert worst <= 1.0
    record(f"{name} mpmath normal_range", relative, 2.0**-52)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (log, 1.0, 0.0),
        (log, 0.0, -math.inf),
        (log, -0.0, -math.inf),
        (log, math.inf, math.inf),
        (log, 5e-324, -744.4400719213812),
        (exp, 0.0, 1.0),
        (exp, -0.0, 1.0),
        (exp, math.inf, math.inf),
        (exp, -math.inf, 0.0),
        (exp, 709.782712893384, math.exp(709.782712893384)),
        (exp, 709.7827128933841, math.inf),
        (exp, -745.1332191019411, 5e-324),
        (exp, -745.1332191019412, 0.0),
        (tanh, math.inf, 1.0),
        (tanh, -math.inf, -1.0),
        (tanh, 5e-324, 5e-324),
        (tanh, 22.5, 1.0),
    ],
)
def test_special_values(function: Callable[[float], float], x: float, expected: float) -> None:
    assert function(x) == expected


@pytest.mark.parametrize("function", [log, exp, tanh])
def test_nan_stays_nan(function: Callable[[float], float]) -> None:
    assert math.isnan(function(math.nan))


@pytest.mark.parametrize("x", [-5e-324, -1.0, -math.inf])
def test_log_of_a_negative_number_is_nan(x: float) -> None:
    assert math.isnan(log(x))


def test_tanh_keeps_the_sign_of_zero() -> None:
    assert math.copysign(1.0, tanh(-0.0)) == -1.0
    assert math.copysign(1.0, tanh(0.0)) == 1.0


def test_functions_are_monotonic_across_their_joints() -> None:
    joints = {_logs: [0.9375, 1.0625], _tanhs: [0.55, 22.0], _exps: [0.0, -708.3964185322641]}
    for run, points in joints.items():
        for point in points:
            x = point + np.linspace(-1, 1, 2001) * 1e-12 * max(abs(point), 1.0)
            found = np.empty_like(x)
            run(x, found)
            assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("run", [_logs, _exps, _tanhs])
def test_no_multiplication_is_fused_with_an_addition(run: Any) -> None:
    fresh = numba.njit(error_model="numpy")(run.py_func)  # a kernel from the disk cache has no assembly to look at
    fresh(np.ones(1), np.ones(1))
    text = "".join(fresh.inspect_asm().values())
    assert "mul" in text
    assert "fmadd" not in text
    assert "fmsub" not in text
    assert "fnmadd" not in text
