"""The call list of the families: the one place to add a new one."""

from __future__ import annotations

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import LARGEST
from worker.engine.strategy.indicators import (
    arithmetic,
    averages,
    changes,
    extremes,
    ranges,
    regression,
    trailing,
    volumes,
    windows,
)
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind

FAMILIES = (arithmetic, changes, averages, windows, extremes, regression, ranges, volumes, trailing)
KINDS: dict[int, Kind] = {kind.code: kind for family in FAMILIES for kind in family.KINDS}

INDICATOR_SET_VERSION = 1  # rises with any change of a value


@embedded
def _by_family(node: Any, m: Any, n: int, k: int, boundary: bool) -> float:
    family = node.kind >> FAMILY_SHIFT
    if family == arithmetic.FAMILY:
        return float(arithmetic.advance(node, m, n))
    if family == changes.FAMILY:
        return float(changes.advance(node, m, n, k))
    if family == averages.FAMILY:
        return float(averages.advance(node, m, n, k))
    if family == windows.FAMILY:
        return float(windows.advance(node, m, n, k, boundary))
    if family == extremes.FAMILY:
        return float(extremes.advance(node, m, n, k))
    if family == regression.FAMILY:
        return float(regression.advance(node, m, n, k))
    if family == ranges.FAMILY:
        return float(ranges.advance(node, m, n, k))
    if family == volumes.FAMILY:
        return float(volumes.advance(node, m, n, k))
    return float(trailing.advance(node, m, n, k))


@embedded
def advance(node: Any, m: Any, n: int, boundary: bool) -> None:
    """Write the value of a node at bar `n` of its timeframe; NaN until it is known and after an overflow."""
    k, value = n - node.start + 1, math.nan
    if k >= 1:
        value = _by_family(node, m, n, k, boundary)
        if k < node.needs or not abs(value) <= LARGEST:
            value = math.nan
    m[node.out.at + ((n - 1) & node.out.mask)] = value
