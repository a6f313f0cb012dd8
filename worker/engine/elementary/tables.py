"""Table constants, computed at import with the correctly rounded functions of `decimal`: identical on every machine."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

_CONTEXT = Context(prec=60)

EXP_STEPS = 128  # table entries of 2**(j / EXP_STEPS)
LOG_STEPS = 128  # table entries of ln(c_j) over the binade [1, 2)
HEAD_BITS = 42  # heads of ln values are multiples of 2**-42: with |exponent| <= 1075 their sums are exact


def _split(exact: Decimal, head_bits: int) -> tuple[float, float]:
    """Split `exact` into head + tail; the head is a multiple of 2**-head_bits."""
    scale = Decimal(2) ** head_bits
    head = (exact * scale).to_integral_value() / scale
    return float(head), float(exact - head)


def _columns(pairs: list[tuple[float, float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    heads, tails = zip(*pairs, strict=True)
    return np.array(heads), np.array(tails)


def _power(j: int, ln2: Decimal) -> tuple[float, float]:
    exact = (ln2 * j / EXP_STEPS).exp()
    head = float(exact)
    return head, float(exact - Decimal(head))


with localcontext(_CONTEXT):
    _LN2 = Decimal(2).ln()
    LN2_HEAD, LN2_TAIL = _split(_LN2, HEAD_BITS)
    # k * STEP_HEAD is exact for the |k| < 2**18 that exp needs: the head has 35 significant bits.
    STEP_HEAD, STEP_TAIL = _split(_LN2 / EXP_STEPS, HEAD_BITS)
    STEPS_PER_UNIT = float(EXP_STEPS / _LN2)
    EXP_HEAD, EXP_TAIL = _columns([_power(j, _LN2) for j in range(EXP_STEPS)])
    _CENTRES = [1 + Decimal(2 * j + 1) / (2 * LOG_STEPS) for j in range(LOG_STEPS)]
    LOG_CENTRE = np.array([float(c) for c in _CENTRES])
    LOG_INVERSE = np.array([float(1 / c) for c in _CENTRES])
    LOG_HEAD, LOG_TAIL = _columns([_split(c.ln(), HEAD_BITS) for c in _CENTRES])
