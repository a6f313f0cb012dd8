"""Calls by a short way give what calls by numba's own give."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from worker.engine.compiled.call import Call

WIDE = np.dtype([(f"field_{n}", np.float64) for n in range(50)])


@numba.njit
def summed(values: NDArray[Any], times: NDArray[Any], add: tuple[float, int]) -> Any:
    """A kernel of two arrays and a nested parameter."""
    total = add[0] + add[1]
    for n in range(values.size):
        total += values.flat[n] * times[0]
    return total


@numba.njit
def least(values: NDArray[Any], times: NDArray[Any], add: tuple[float, int]) -> Any:
    """Another one of the same types."""
    return values.min() - times[0] - add[0] - add[1]


@numba.njit
def first(rows: NDArray[Any], add: int) -> Any:
    """A kernel of wide rows."""
    return rows[0]["field_49"] + add


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Which values numba was asked the type of."""
    found: list[Any] = []
    for kernel in (summed, least, first):

        def typeof(value: Any, real: Any = kernel.typeof_pyval) -> Any:
            found.append(value)
            return real(value)

        monkeypatch.setattr(kernel, "typeof_pyval", typeof)
    return found


def values(dtype: Any = np.float64, shape: tuple[int, ...] = (6,)) -> NDArray[Any]:
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def test_each_kind_of_arrays_and_each_kernel_has_its_own_entry() -> None:
    strided = values(shape=(12,))[::2]
    frozen = values()
    frozen.flags.writeable = False
    arrays = [values(), values(np.float32), values(np.int64), values(shape=(2, 3)), strided, frozen]
    times = np.full(1, 2.0)
    for _ in range(2):
        for given in arrays:
            for kernel in (summed, least):
                for add in ((0.5, 1), (1, 1)):
                    call = Call(kernel)
                    for _ in range(3):
                        assert call((given, times), add) == kernel.py_func(given, times, add)


def test_arrays_of_other_types_go_the_long_way() -> None:
    call, times = Call(summed), np.full(1, 2.0)
    assert call((values(), times), (0.5, 1)) == 31.5
    for given in (values(np.float32), values(np.int64), values(shape=(12,))[::2], values()):
        assert call((given, times), (0.5, 1)) == summed.py_func(given, times, (0.5, 1))


def test_one_call_of_a_process_asks_for_the_types_of_wide_rows(asked: list[Any]) -> None:
    rows = np.zeros(2, WIDE)
    rows["field_49"] = 7.0
    assert Call(first)((rows,), 1) == 8.0
    del asked[:]
    again = Call(first)
    assert again((rows.copy(),), 2) == 9.0
    assert asked == [2]
    assert again((rows,), 3) == 10.0
    assert asked == [2]
