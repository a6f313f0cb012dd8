"""Drift of the model: either detector finds a change in the share of wrong directions."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.learning import adwin, page_hinkley

STATE = np.dtype([("page_hinkley", page_hinkley.STATE), ("adwin", adwin.STATE)], align=True)


@embedded
def update(own: Any, wrong: bool) -> bool:
    """Add whether a prediction was wrong; return True on drift, after which both detectors restart."""
    by_sums = page_hinkley.update(own.page_hinkley, 1.0 if wrong else 0.0)
    by_window = adwin.update(own.adwin, wrong)
    if by_sums or by_window:
        page_hinkley.reset(own.page_hinkley)
        adwin.reset(own.adwin)
        return True
    return False
