"""Whether the model is worth hearing: its log loss against that of the share of rises so far."""

from typing import Any

import numpy as np

from worker.engine.elementary import log
from worker.engine.kernel import embedded
from worker.engine.windows.fading import share

SURE = 1e-12  # a probability nearer to 0 or 1 counts as this near

STATE = np.dtype(
    [
        ("count", "i8"),  # predictions judged
        ("loss", "f8"),  # fading means of the log loss: the model's
        ("base_loss", "f8"),  # and that of the base rate
    ],
    align=True,
)


@embedded
def log_loss(probability: float, up: bool) -> float:
    """-ln of the probability of what happened."""
    loss: float = -log(max(probability if up else 1.0 - probability, SURE))
    return loss


@embedded
def judge(own: Any, probability: float, base_rate: float, up: bool, decay: float) -> None:
    """Take in the losses of one prediction."""
    own.count += 1
    s = share(own.count, decay)
    own.loss += s * (log_loss(probability, up) - own.loss)
    own.base_loss += s * (log_loss(base_rate, up) - own.base_loss)


@embedded
def reset(own: Any) -> None:
    """Forget what was judged."""
    own.count = 0
    own.loss = 0.0
    own.base_loss = 0.0
