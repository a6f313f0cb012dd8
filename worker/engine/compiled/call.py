"""Calls of a kernel that don't look at every value of nested parameters: numba does, and takes longer than few bars."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Arrays = tuple[NDArray[Any], ...]

# By kernel and all types. Numba takes milliseconds to name the types of arrays of wide rows: once a process is enough.
_ENTRIES: dict[tuple[Any, ...], Any] = {}


class Call:
    """A kernel called with arrays, and with further parameters that are always of the same types."""

    def __init__(self, kernel: Any) -> None:
        self._kernel, self._entry = kernel, None
        self._dtypes: list[Any] = []

    def __call__(self, arrays: Arrays, *rest: Any) -> Any:
        """Call it. The first call decides the types of `rest`, and those of `arrays` for which the way is short."""
        if not all(array.flags.carray for array in arrays):
            return self._kernel(*arrays, *rest)
        dtypes = [array.dtype for array in arrays]
        if self._entry is None:
            return self._first(arrays, rest, dtypes)
        return (self._entry if dtypes == self._dtypes else self._kernel)(*arrays, *rest)

    def _first(self, arrays: Arrays, rest: tuple[Any, ...], dtypes: list[Any]) -> Any:
        others = tuple(map(self._kernel.typeof_pyval, rest))
        key = (self._kernel, tuple(dtypes), tuple(array.ndim for array in arrays), others)
        if (entry := _ENTRIES.get(key)) is not None:
            self._entry, self._dtypes = entry, dtypes
            return entry(*arrays, *rest)
        found = self._kernel(*arrays, *rest)
        types = (*map(self._kernel.typeof_pyval, arrays), *others)
        if types in self._kernel.overloads:
            self._entry = _ENTRIES[key] = self._kernel.get_overload(types)
            self._dtypes = dtypes
        return found
