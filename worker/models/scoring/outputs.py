"""Conversion of a model's outputs to the probability that the price rises, given a move beyond the costs."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from worker.engine.elementary import tanh
from worker.engine.kernel import kernel
from worker.models.card import Card
from worker.models.description.calibration import Calibration, interpolate
from worker.models.description.manifest import OutputKind
from worker.models.scoring.status import Status

TOLERANCE = 1e-6  # by which a float32 probability may exceed 0 to 1
SUM_TOLERANCE = 1e-3  # by which three float32 probabilities may miss 1
MAX_RETURN = 1.0  # |log return| over the horizon; a larger expectation is an error
# Φ(z) ≈ 1/(1 + exp(-1.702 z)), at most 0.0095 off (Haley 1952); here as (1 + tanh(0.851 z))/2.
LOGISTIC_NORMAL = 0.851

KINDS: tuple[str, ...] = get_args(OutputKind)
P_UP, THREE, EXPECTED = range(3)
OK, NAN, OUTSIDE = int(Status.ok), int(Status.nan_output), int(Status.out_of_range)


class Scores(NamedTuple):
    """One probability per row, NaN unless its status is `ok`."""

    prob: NDArray[np.float64]
    status: NDArray[np.uint8]


def unscored(rows: int, status: Status) -> Scores:
    """Return scores without any probability."""
    return Scores(np.full(rows, np.nan), np.full(rows, status, np.uint8))


class Reader:
    """Reader of the outputs of one model.

    Three classes: p_up/(p_up + p_down), 0.5 where both are 0. An expected log return e with standard deviation s:
    P(r > 0) ≈ Φ(e/s). Then the model's calibration applies.
    """

    def __init__(self, card: Card) -> None:
        self._name, self._shape = card.model_id, card.columns
        self._kind = KINDS.index(card.output_kind)
        self._scale = 1.0 if card.output_scale is None else float(card.output_scale)
        self._calibration = Calibration(card.calibration)

    def __call__(self, given: Any, rows: int) -> Scores:
        """Return the probabilities of outputs (rows, columns), or (rows,) for one column.

        Raises:
            ValueError: the outputs have another shape.
        """
        raw = np.asarray(given, np.float32)
        if raw.ndim == 1:
            raw = raw[:, None]
        if raw.shape != (rows, self._shape):
            raise ValueError(f"{self._name} gave an array of shape {raw.shape}, not {(rows, self._shape)}")
        raw = np.ascontiguousarray(raw)
        found = Scores(np.empty(rows), np.empty(rows, np.uint8))
        _read(raw, self._kind, self._scale, self._calibration.x, self._calibration.y, *found)
        return found


@kernel
def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)


@kernel
def _outside(value: float) -> bool:
    return not -TOLERANCE <= value <= 1.0 + TOLERANCE


@kernel
def _one(value: float) -> tuple[float, int]:
    if math.isnan(value):
        return math.nan, NAN
    return (math.nan, OUTSIDE) if _outside(value) else (_unit(value), OK)


@kernel
def _of_three(down: float, flat: float, up: float) -> tuple[float, int]:
    if math.isnan(down) or math.isnan(flat) or math.isnan(up):
        return math.nan, NAN
    if _outside(down) or _outside(flat) or _outside(up) or abs(down + flat + up - 1.0) > SUM_TOLERANCE:
        return math.nan, OUTSIDE
    moves = _unit(down) + _unit(up)
    return (_unit(up) / moves if moves > 0.0 else 0.5), OK


@kernel
def _of_expected(value: float, scale: float) -> tuple[float, int]:
    if math.isnan(value):
        return math.nan, NAN
    if abs(value) > MAX_RETURN:
        return math.nan, OUTSIDE
    return 0.5 + 0.5 * tanh(LOGISTIC_NORMAL * (value / scale)), OK


@kernel
def _read(raw: Any, kind: int, scale: float, x: Any, y: Any, prob: Any, status: Any) -> None:
    for i in range(prob.size):
        if kind == P_UP:
            p, how = _one(float(raw[i, 0]))
        elif kind == THREE:
            p, how = _of_three(float(raw[i, 0]), float(raw[i, 1]), float(raw[i, 2]))
        else:
            p, how = _of_expected(float(raw[i, 0]), scale)
        prob[i] = interpolate(x, y, p) if how == OK else math.nan
        status[i] = how
