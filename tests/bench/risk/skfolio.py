"""What skfolio says of the covariance, asked in an environment of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bench.oracle import Oracle, Say
from tests.unit.risk.figures.returns import SIZES, market
from worker.risk.figures.covariance import covariance
from worker.risk.settings import RiskSettings

SKFOLIO = Oracle(Path(__file__).parent, "skfolio", "skfolio 1.12.2 (BSD-3-Clause)", "2 minutes, 550 MB")
DECAY = RiskSettings().decay


def covariances(sizes: Sequence[tuple[int, int]], say: Say) -> dict[str, list[list[float]]]:
    """skfolio's covariances of made-up returns, by their size (returns, symbols).

    Raises:
        Absent: skfolio can't be had.
        Failed: it ended with an error.
    """
    SKFOLIO.install(say)
    returns: dict[str, Any] = {f"{count}x{symbols}": market(count, symbols) for count, symbols in sizes}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "returns.npz"
        np.savez(file, **returns)
        found: dict[str, list[list[float]]] = json.loads(SKFOLIO.run("skfolio_covariance", str(file), str(DECAY)))
    return found


def worst_error(say: Say) -> float:
    """The worst difference of our covariances, relative to the largest value of each.

    Raises:
        Absent, Failed: as `covariances`.
    """
    errors = []
    for (count, symbols), rows in zip(SIZES, covariances(SIZES, say).values(), strict=True):
        oracle: NDArray[np.float64] = np.array(rows)
        errors.append(np.abs(covariance(market(count, symbols), DECAY) - oracle).max() / np.abs(oracle).max())
    return float(max(errors))
