"""Labels of the market over their horizon: up, down, or less than the cost of a trade (domain §7.4)."""

from typing import Any

from worker.engine.elementary import log
from worker.engine.kernel import embedded

HORIZON = 12  # bars between a prediction and its label


@embedded
def round_trip(costs: Any) -> float:
    """Return the log cost of a trade: 2·(fee + slippage), of a row of execution's costs."""
    total: float = 2.0 * (costs.fee + costs.slip)
    return total


@embedded
def outcome(before: float, after: float, cost: float) -> int:
    """Return +1 if ln(after/before) > cost, -1 if it is < -cost, else 0; 0 where a price is not positive."""
    if not min(before, after) > 0.0:
        return 0
    r = log(after / before)
    return 1 if r > cost else (-1 if r < -cost else 0)
