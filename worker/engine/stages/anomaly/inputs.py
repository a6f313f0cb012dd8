"""The six scale-free values that describe a bar (domain §7.5)."""

import math
from typing import Any

from worker.engine.elementary import log
from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.facts import fact

INPUTS = ("logret", "span", "volume", "overnight", "clv", "wick")
COUNT = len(INPUTS)
SPANS = 20  # bars before this one, whose mean ln(h/l) its own is measured against


@embedded
def _typical_span(facts: Any, history: Any) -> float:
    """Return the mean ln(h/l) of the previous bars; NaN while they are too few or a price was not positive."""
    if history.count <= SPANS:
        return math.nan
    total = 0.0
    for age in range(SPANS, 0, -1):
        total += fact(facts, history, age).span
    return total / SPANS


@embedded
def _wick(row: Any) -> float:
    """Return the longer shadow in log terms; NaN while a price is not positive."""
    if not row.low > 0.0:
        return math.nan
    return log(max(row.high / max(row.open, row.close), min(row.open, row.close) / row.low))


@embedded
def gather(state: Any, out: Any, x: Any) -> bool:
    """Write the values of the current bar into `x`, shape (COUNT,); return False when one of them is not ready."""
    history, facts, features = state.history, state.features.facts, out.features
    sigma, row, now = out.validation.sigma_ref, at(history, 0), fact(facts, history, 0)
    x[0] = row.logret / sigma
    x[1] = ratio(now.span, _typical_span(facts, history), 1.0)
    x[2] = features.vol_z_20
    x[3] = now.overnight / sigma
    x[4] = features.clv
    x[5] = _wick(row) / sigma
    ready = True
    for i in range(COUNT):
        ready &= abs(x[i]) < math.inf
    return ready
