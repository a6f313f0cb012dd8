"""F09: directional indicators and average directional index over 14 bars (Wilder 1978)."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite, ratio, true_range, wilder
from worker.engine.stages.features.parts import Feature, state

STATE = state("plus", "minus", "span", "index")
FEATURES = (
    Feature(
        "F09", "plus_di", 15, "100·(decayed sum of rises)/(decayed sum of true ranges)", "Wilder 1978; TA-Lib PLUS_DI"
    ),
    Feature(
        "F09", "minus_di", 15, "100·(decayed sum of falls)/(decayed sum of true ranges)", "Wilder 1978; TA-Lib MINUS_DI"
    ),
    Feature("F09", "adx_14", 28, "Wilder mean of 14 values of 100·|+DI - -DI|/(+DI + -DI)", "Wilder 1978; TA-Lib ADX"),
)
PERIOD = 14
FIRST_DI = PERIOD + 1
FIRST_ADX = 2 * PERIOD


@embedded
def _decayed(total: float, x: float, n: int) -> float:
    """Return the sum of the first 13 values, then S - S/14 + x."""
    return total + x if n < FIRST_DI else total - total / PERIOD + x


@embedded
def _advance(own: Any, n: int, row: Any, previous: Any) -> None:
    rise, fall = row.high - previous.high, previous.low - row.low
    own.plus = _decayed(own.plus, rise if rise > 0.0 and rise > fall else 0.0, n)
    own.minus = _decayed(own.minus, fall if fall > 0.0 and fall > rise else 0.0, n)
    own.span = _decayed(own.span, finite(true_range(row, previous.close)), n)


@embedded
def _advance_index(own: Any, n: int, plus: float, minus: float) -> None:
    """Advance ADX: the mean of the first 14 DX, then a Wilder average; a bar without direction leaves it unchanged."""
    total = plus + minus
    if total != 0.0:
        dx = 100.0 * abs(plus - minus) / total
        own.index = own.index + dx if n <= FIRST_ADX else wilder(own.index, dx, PERIOD)
    if n == FIRST_ADX:
        own.index /= PERIOD


@embedded
def update(own: Any, history: Any, row: Any, out: Any) -> None:
    """Write DI = 100·DM/TR and ADX, the average of DX = 100·|+DI - -DI|/(+DI + -DI) (TA-Lib PLUS_DI, MINUS_DI, ADX)."""
    n = history.count
    out.plus_di = out.minus_di = out.adx_14 = math.nan
    if n < 2:
        return
    _advance(own, n, row, at(history, 1))
    if n < FIRST_DI:
        return
    out.plus_di = 100.0 * ratio(own.plus, own.span, 0.0)
    out.minus_di = 100.0 * ratio(own.minus, own.span, 0.0)
    _advance_index(own, n, out.plus_di, out.minus_di)
    if n >= FIRST_ADX:
        out.adx_14 = own.index
