"""Detection of the time boundary at which incremental sums are rebuilt, independent of where the engine started."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.windows.moments import block

STATE = np.dtype([("block", "i8")], align=True)
FEATURES = ()


@embedded
def passed(own: Any, ts: int, interval_ms: int) -> bool:
    """Update by the current bar's time; return True at the first bar of a block of 64 intervals."""
    before: int = own.block
    now: int = block(ts, interval_ms, before)
    own.block = now
    return now != before
