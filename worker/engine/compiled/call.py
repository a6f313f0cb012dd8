"""Calls of a kernel that don't look at every value of nested parameters: numba does, and takes longer than few bars."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


class Call:
    """A kernel called with arrays, and with further parameters that are always of the same types."""

    def __init__(self, kernel: Any) -> None:
        self._kernel, self._entry = kernel, None
        self._dtypes: list[Any] = []

    def __call__(self, arrays: tuple[NDArray[Any], ...], *rest: Any) -> Any:
        """Call it. The first call decides the types of `rest`, and those of `arrays` for which the way is short."""
        plain = all(array.flags.carray for array in arrays)
        if self._entry is not None and plain and [array.dtype for array in arrays] == self._dtypes:
            return self._entry(*arrays, *rest)
        found = self._kernel(*arrays, *rest)
        if self._entry is None and plain:
            types = tuple(map(self._kernel.typeof_pyval, (*arrays, *rest)))
            if types in self._kernel.overloads:
                self._entry, self._dtypes = self._kernel.get_overload(types), [array.dtype for array in arrays]
        return found
