"""F33: position of the close in the bar's range, and the shares of body and shadows in it."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import close_location, equal, ratio
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature("F33", "clv", 1, "((c-l) - (h-c))/(h-l); 0 where h = l", "definition"),
    Feature("F33", "body_r", 1, "|c-o|/(h-l); 0 where h = l", "definition"),
    Feature("F33", "up_r", 1, "(h - max(o,c))/(h-l); 0 where h = l", "definition"),
    Feature("F33", "lo_r", 1, "(min(o,c) - l)/(h-l); 0 where h = l", "definition"),
)


@embedded
def update(row: Any, out: Any) -> None:
    """Write the shares of the bar's range, 0 without a range."""
    span = 0.0 if equal(row.high, row.low) else row.high - row.low
    out.clv = close_location(row)
    out.body_r = ratio(abs(row.close - row.open), span, 0.0)
    out.up_r = ratio(row.high - max(row.open, row.close), span, 0.0)
    out.lo_r = ratio(min(row.open, row.close) - row.low, span, 0.0)
