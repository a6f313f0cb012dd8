"""Per-bar values that the windows share, stored so that each bar's logarithms and divisions are computed once."""

import math
from typing import Any

import numpy as np

from worker.engine.elementary import log
from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import close_location, equal, ratio, typical_price

CAPACITY = 32  # bars; a power of two above the longest window of facts, so that the index is a mask
MASK = CAPACITY - 1

FACT = np.dtype(
    [
        ("typical", "f8"),  # (h+l+c)/3
        ("flow", "f8"),  # typical·v, negative where the typical price fell, 0 where it was unchanged
        ("accumulation", "f8"),  # v·((c-l)-(h-c))/(h-l)
        ("illiquidity", "f8"),  # |c/c1-1|/(c·v), NaN without a trade
        ("overnight", "f8"),  # ln(o/c1); the logarithms are NaN while a price is not positive
        ("session", "f8"),  # ln(c/o)
        ("span", "f8"),  # ln(h/l)
        ("rogers_satchell", "f8"),  # ln(h/o)·ln(h/c) + ln(l/o)·ln(l/c)
    ],
    align=True,
)
STATE = np.dtype([("rows", FACT, (CAPACITY,))], align=True)
FEATURES = ()


@embedded
def fact(own: Any, history: Any, age: int) -> Any:
    """Return the facts of the bar `age` bars ago, 0 = the current one. `age` < min(count, CAPACITY)."""
    return own.rows[(history.count - 1 - age) & MASK]


@embedded
def _store_logs(own: Any, row: Any) -> None:
    if row.low <= 0.0:
        own.session = own.span = own.rogers_satchell = math.nan
        return
    move, up, down = log(row.close / row.open), log(row.high / row.open), log(row.low / row.open)
    own.session = move
    own.span = up - down
    own.rogers_satchell = up * (up - move) + down * (down - move)


@embedded
def _store_change(own: Any, row: Any, close: float, typical: float) -> None:
    """Store the values that depend on the previous bar's close and typical price."""
    price, notional = own.typical, row.close * row.volume
    flow = 0.0 if equal(price, typical) else abs(price) * row.volume
    own.flow = flow if price > typical else -flow
    change = abs(ratio(row.close, close, 1.0) - 1.0)
    own.illiquidity = change / notional if notional > 0.0 else math.nan
    own.overnight = log(row.open / close) if min(row.low, close) > 0.0 else math.nan


@embedded
def update(own: Any, history: Any, row: Any) -> None:
    """Store the facts of the current bar."""
    current = fact(own, history, 0)
    current.typical = typical_price(row)
    current.accumulation = row.volume * close_location(row)
    _store_logs(current, row)
    if history.count > 1:
        _store_change(current, row, at(history, 1).close, fact(own, history, 1).typical)
    else:
        current.flow = 0.0
        current.illiquidity = current.overnight = math.nan
