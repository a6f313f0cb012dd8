"""A kernel that runs inside others can be called from Python all the same, with all types that it is given."""

from __future__ import annotations

from typing import Any

import numba

from worker.engine.kernel import embedded, kernel


@embedded
def _twice(x: float) -> float:
    return x + x


@kernel
def _four_times(x: float) -> float:
    return _twice(_twice(x))


def test_inside_another_it_has_nothing_for_callers_in_python() -> None:
    assert _four_times(1.5) == 6.0
    for decorated, wanted in ((_four_times, ["cpython"]), (_twice, [])):
        compiled: Any = decorated
        compiled.compile((numba.float64,))
        code = compiled.overloads[numba.float64,].library._get_module_for_linking()
        names = " ".join(function.name for function in code.functions)
        assert [kind for kind in ("cpython", "cfunc") if kind in names] == wanted


def test_python_calls_it_for_one_type_after_the_other() -> None:
    inner: Any = embedded(lambda x: x + x)
    inner.compile((numba.float64,))
    for _ in range(2):
        assert (inner(2), inner(2.5)) == (4, 5.0)
        assert isinstance(inner(2), int)
    assert len(inner._entered) == 2
