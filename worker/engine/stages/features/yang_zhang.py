"""F26: Yang-Zhang volatility over 20 bars, per bar (Yang & Zhang 2000; Rogers & Satchell 1991)."""

import math
from typing import Any

import numpy as np

from worker.engine.elementary import log
from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.features.parts import output

PERIOD = 20
BLEND = 0.34 / (1.34 + (PERIOD + 1) / (PERIOD - 1))
# The bars' log ranges are kept, so that a bar costs four logarithms, not eighty.
STATE = np.dtype(
    [("overnight", "f8", (PERIOD,)), ("session", "f8", (PERIOD,)), ("rogers_satchell", "f8", (PERIOD,))], align=True
)
OUTPUT = output("vol_yz_20")
WARMUP = (21,)


@kernel
def _store(own: Any, slot: int, row: Any, previous_close: float) -> None:
    """ln(o/c1), ln(c/o) and ln(h/o)·ln(h/c) + ln(l/o)·ln(l/c); NaN while a price is not positive."""
    if min(row.low, previous_close) <= 0.0:
        own.overnight[slot] = own.session[slot] = own.rogers_satchell[slot] = math.nan
        return
    move = log(row.close / row.open)
    up, down = log(row.high / row.open), log(row.low / row.open)
    own.overnight[slot] = log(row.open / previous_close)
    own.session[slot] = move
    own.rogers_satchell[slot] = up * (up - move) + down * (down - move)


@kernel
def _following(slot: int) -> int:
    return slot + 1 if slot + 1 < PERIOD else 0


@kernel
def _means(own: Any, oldest: int) -> tuple[float, float, float]:
    """Means of the three series, side by side: one chain of additions would wait for itself."""
    overnight, session, satchell, slot = 0.0, 0.0, 0.0, oldest
    for _ in range(PERIOD):
        overnight += own.overnight[slot]
        session += own.session[slot]
        satchell += own.rogers_satchell[slot]
        slot = _following(slot)
    return overnight / PERIOD, session / PERIOD, satchell / PERIOD


@kernel
def _variances(own: Any, oldest: int, overnight: float, session: float) -> tuple[float, float]:
    """Sample variances (ddof 1) of two series about their means."""
    first, second, slot = 0.0, 0.0, oldest
    for _ in range(PERIOD):
        a, b = own.overnight[slot] - overnight, own.session[slot] - session
        first += a * a
        second += b * b
        slot = _following(slot)
    return first / (PERIOD - 1), second / (PERIOD - 1)


@kernel
def update(own: Any, history: Any, row: Any, out: Any) -> None:
    """√(σ²_overnight + k·σ²_session + (1-k)·σ²_rs), k = 0.34/(1.34 + 21/19)."""
    out.vol_yz_20 = math.nan
    if history.count < 2:
        return
    slot = (history.count - 2) % PERIOD
    _store(own, slot, row, at(history, 1).close)
    if history.count <= PERIOD:
        return
    oldest = _following(slot)
    overnight_mean, session_mean, satchell = _means(own, oldest)
    overnight, session = _variances(own, oldest, overnight_mean, session_mean)
    out.vol_yz_20 = math.sqrt(max(overnight + BLEND * session + (1.0 - BLEND) * satchell, 0.0))
