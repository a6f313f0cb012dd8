"""The canary check: known inputs must still give the published outputs."""

from __future__ import annotations

import numpy as np

from worker.errors import AlphapulseError
from worker.models.description.manifest import Canary, Row
from worker.models.errors import ModelRefused
from worker.models.session.session import Floats32, Session

TOLERANCE = 1e-6  # domain §7.2


def rows_of(inputs: list[Row]) -> Floats32:
    """Return the inputs, (n, features) float32; null is NaN."""
    return np.array([[np.nan if x is None else x for x in row] for row in inputs], np.float32)


def deviation(session: Session, canary: Canary) -> float:
    """Return the largest |difference| of an output from its canary, row by row.

    Raises:
        ModelRefused: the model fails on its own canary.
    """
    expected = np.array(canary.outputs, np.float64)
    try:
        found = np.concatenate([session.run(row[None, :]) for row in rows_of(canary.inputs)]).astype(np.float64)
    except AlphapulseError:
        raise
    except Exception as problem:
        raise ModelRefused(f"the model fails on its canary: {problem}", "Export it again") from None
    if found.shape != expected.shape:
        raise ModelRefused(f"the canary gives {found.shape} numbers, not {expected.shape}", "Correct the manifest")
    difference = np.abs(found - expected)
    return float(difference.max()) if not np.isnan(difference).any() else float("inf")


def check_canary(session: Session, canary: Canary) -> float:
    """Check the canary and return its `deviation`.

    Raises:
        ModelRefused: the deviation is above the tolerance.
    """
    found = deviation(session, canary)
    if not found <= TOLERANCE:
        raise ModelRefused(
            f"the model's canary is off by {found:.3g}, above {TOLERANCE:g}",
            "Train or export it again on this runtime and CPU",
        )
    return found
