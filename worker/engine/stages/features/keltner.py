"""F11: position of the close in the Keltner channel (20, 10, 2) of the typical price, and its width."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ema, finite, ratio, true_range, typical_price, wilder
from worker.engine.stages.features.parts import Feature, state

STATE = state("ema", "atr")
FEATURES = (
    Feature(
        "F11",
        "kc_pos",
        20,
        "(c - mid)/half, mid = EMA20 of (h+l+c)/3, half = 2·ATR10; 0 where half is 0",
        "TA-Lib EMA, ATR",
    ),
    Feature("F11", "kc_width", 20, "2·half/mid", "TA-Lib EMA, ATR"),
)
PERIOD = 20
ATR_PERIOD = 10
MULTIPLE = 2.0


@embedded
def _advance_average(own: Any, n: int, price: float) -> None:
    """Advance the EMA, seeded with the mean of the first 20 typical prices; until then `ema` is their sum."""
    if n > PERIOD:
        own.ema = ema(own.ema, price, PERIOD)
        return
    own.ema += price
    if n == PERIOD:
        own.ema /= PERIOD


@embedded
def _advance_range(own: Any, n: int, span: float) -> None:
    """Advance the ATR, seeded at bar 11; until then `atr` is the sum of the true ranges from bar 2 on."""
    if n > ATR_PERIOD + 1:
        own.atr = wilder(own.atr, span, ATR_PERIOD)
        return
    own.atr += span
    if n == ATR_PERIOD + 1:
        own.atr /= ATR_PERIOD


@embedded
def update(own: Any, history: Any, row: Any, out: Any) -> None:
    """Write pos = (c-mid)/half, 0 when half is 0, and width = 2·half/mid: mid = EMA20 of (h+l+c)/3, half = 2·ATR10.

    From bar 20 on `own.ema` and `own.atr` are the mid line and the ATR (TA-Lib EMA of TYPPRICE, ATR).
    """
    n = history.count
    _advance_average(own, n, typical_price(row))
    if n > 1:
        _advance_range(own, n, finite(true_range(row, at(history, 1).close)))
    out.kc_pos = out.kc_width = math.nan
    if n >= PERIOD:
        half = MULTIPLE * own.atr
        out.kc_pos = ratio(row.close - own.ema, half, 0.0)
        out.kc_width = ratio(2.0 * half, own.ema, 0.0)
