"""What `detail=full` adds to a decision: every feature and every contribution."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.rounding import significant_of
from worker.engine.stages.features import FEATURE_NAMES
from worker.engine.stages.signal import COMPONENTS

DIGITS = 10  # significant digits of a published feature

Features = dict[str, float | None]


def feature_rows(outs: NDArray[Any]) -> Iterator[Features]:
    """The features of each row of a batch's outputs by name, rounded; None until warm."""
    matrix = np.stack([outs["features"][name] for name in FEATURE_NAMES], axis=1)
    rows: list[list[float]] = significant_of(matrix.ravel(), DIGITS).reshape(matrix.shape).tolist()  # type: ignore[assignment]
    for row in rows:
        yield {name: None if math.isnan(x) else x for name, x in zip(FEATURE_NAMES, row, strict=True)}


def all_contributions(values: NDArray[np.float64]) -> list[tuple[str, float]]:
    """Every component that was ready with its part of the score, in component order."""
    return [(name, x) for name, x in zip(COMPONENTS, values.tolist(), strict=True) if not math.isnan(x)]
