"""Skill of the model: its log loss against that of the share of rises so far."""

from typing import Any

import numpy as np

from worker.engine.elementary import log
from worker.engine.kernel import embedded
from worker.engine.windows.fading import share

SURE = 1e-12  # probabilities are clipped this far from 0 and 1

STATE = np.dtype(
    [
        ("count", "i8"),  # judged predictions
        ("loss", "f8"),  # fading means of the log loss: the model's
        ("base_loss", "f8"),  # and the base rate's
    ],
    align=True,
)


@embedded
def log_loss(probability: float, up: bool) -> float:
    """Return -ln of the probability of the observed outcome."""
    loss: float = -log(max(probability if up else 1.0 - probability, SURE))
    return loss


@embedded
def judge(own: Any, probability: float, base_rate: float, up: bool, decay: float) -> None:
    """Update the losses by one prediction."""
    own.count += 1
    s = share(own.count, decay)
    own.loss += s * (log_loss(probability, up) - own.loss)
    own.base_loss += s * (log_loss(base_rate, up) - own.base_loss)


@embedded
def reset(own: Any) -> None:
    """Reset the losses."""
    own.count = 0
    own.loss = 0.0
    own.base_loss = 0.0
