"""Kernels that run inside others: compiled without what calls from Python need, unless Python does call one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from numba.core.registry import CPUDispatcher

# What numba adds to a function for callers in Python and in C: more code than most kernels have.
NO_WRAPPERS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


class Embedded(CPUDispatcher):
    """A function of numba's that only other compiled ones call.

    `beside` makes the same function with what Python needs to call it, for tests and notebooks; it is made when first
    called so.
    """

    def __init__(self, py_func: Any, targetoptions: dict[str, Any], beside: Callable[[Any], Any]) -> None:
        super().__init__(py_func, targetoptions=targetoptions | {"nopython": True, **NO_WRAPPERS})
        self._beside, self._entered = beside, set[tuple[Any, ...]]()

    @cached_property
    def called(self) -> Any:
        """The function for callers in Python."""
        return self._beside(self.py_func)

    def add_overload(self, cres: Any) -> None:
        """Remember what was compiled, and not as what a call from Python may enter: there is nothing to enter."""
        self.overloads[tuple(cres.signature.args)] = cres

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        enter: Any = self._insert  # type: ignore[attr-defined]  # of a class in C
        entry = self.called._compile_for_args(*args, **kws)
        for types, compiled in self.called.overloads.items():
            if types not in self._entered:
                self._entered.add(types)
                enter([each._code for each in types], compiled.entry_point, compiled.objectmode)
        return entry
