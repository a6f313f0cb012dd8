"""How kernels read the series that a node takes: places in the symbol's memory, rings of a power of two."""

from typing import Any

from worker.engine.kernel import inlined


@inlined
def newest(m: Any, place: Any, n: int) -> float:
    """Return the value of bar `n`, the current one."""
    value: float = m[place.at + ((n - 1) & place.mask)]
    return value


@inlined
def ago(m: Any, place: Any, n: int, age: int) -> float:
    """Return the value `age` bars before bar `n`; `age` <= mask."""
    value: float = m[place.at + ((n - 1 - age) & place.mask)]
    return value
