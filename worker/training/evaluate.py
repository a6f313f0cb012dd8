"""Walk-forward evaluation: what a kind of model is worth on data that it has not seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError
from worker.models.description.calibration import Calibration, Table
from worker.training.calibrate import calibrate
from worker.training.estimators import fit, predict
from worker.training.metrics import Quality, quality
from worker.training.samples import Samples
from worker.training.splits import walk_forward


class Evaluation(NamedTuple):
    """Out-of-sample quality of one kind of model over all folds."""

    kind: str
    tested: int
    share_up: float
    base: Quality  # of always saying the share of rises among the samples learned from
    raw: Quality
    calibrated: Quality | None  # folds after the first, each by a table fitted to the folds before
    calibrated_base: Quality | None  # the base rate over the same folds
    table: Table | None  # fitted to all predictions, for the final model

    @property
    def skill(self) -> float:
        """Share of the base rate's log-loss that the raw predictions save; at most 0 = worth nothing."""
        return 1.0 - self.raw.log_loss / self.base.log_loss


class _Fold(NamedTuple):
    p: NDArray[np.float64]
    base: NDArray[np.float64]
    up: NDArray[np.int64]


def evaluate(kind: str, samples: Samples, folds: int, embargo_ms: int, seed: int, method: str) -> Evaluation:
    """Evaluate a kind of model by walking forward.

    Raises:
        DataError: there are too few samples for a fold.
    """
    done = []
    for train, test in walk_forward(samples.start, samples.end, folds, embargo_ms):
        past, ahead = samples.at(train), samples.at(test)
        if len(np.unique(past.up)) == 2:
            p = predict(fit(kind, past, seed), ahead.features)
            done.append(_Fold(p, np.full(len(p), past.up.mean()), ahead.up))
    if not done:
        raise DataError("there are too few samples for one fold", "Give more bars, or fewer --folds")
    p, base, up = _joined(done)
    calibrated, beside = _calibrated(done, method)
    return Evaluation(
        kind,
        len(p),
        float(up.mean()),
        quality(base, up),
        quality(p, up),
        calibrated,
        beside,
        calibrate(p, up, method),
    )


def _joined(folds: list[_Fold]) -> _Fold:
    return _Fold(*map(np.concatenate, zip(*folds, strict=True)))


def _calibrated(folds: list[_Fold], method: str) -> tuple[Quality | None, Quality | None]:
    later = []
    for k in range(1, len(folds)):
        past = _joined(folds[:k])
        table = calibrate(past.p, past.up, method)
        p = folds[k].p if table is None else Calibration(table)(folds[k].p)
        later.append(folds[k]._replace(p=p))
    if not later:
        return None, None
    p, base, up = _joined(later)
    return quality(p, up), quality(base, up)
