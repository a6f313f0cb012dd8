"""Drift of the model: either detector sees the share of wrong directions change."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.learning import adwin, page_hinkley

STATE = np.dtype([("page_hinkley", page_hinkley.STATE), ("adwin", adwin.STATE)], align=True)


@embedded
def update(own: Any, wrong: bool) -> bool:
    """Take in whether a prediction was wrong; True on drift, after which both detectors begin anew."""
    by_sums = page_hinkley.update(own.page_hinkley, 1.0 if wrong else 0.0)
    by_window = adwin.update(own.adwin, wrong)
    if by_sums or by_window:
        page_hinkley.reset(own.page_hinkley)
        adwin.reset(own.adwin)
        return True
    return False
