"""The engine's part of external models: a symbol's circuit, a bar's output, the blend."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from worker.engine.kernel import embedded


class Status(IntEnum):
    """Outcome of the model at one bar; names as in `schemas.decision.Model.status`.

    Only `ok` comes with a probability. The last three belong to a model that learns while it runs. 0 is an output
    row without a model.
    """

    not_configured = 0
    ok = 1
    features_not_ready = 2
    load_error = 3
    runtime_error = 4
    nan_output = 5
    out_of_range = 6
    timeout = 7
    circuit_open = 8
    drift_disabled = 9  # too few labels since the last drift
    warming_up = 10  # too few labels since the first bar
    no_skill = 11  # its log loss does not beat the base rate's


NOT_CONFIGURED, OK, FEATURES_NOT_READY = int(Status.not_configured), int(Status.ok), int(Status.features_not_ready)
DRIFT_DISABLED, WARMING_UP, NO_SKILL = int(Status.drift_disabled), int(Status.warming_up), int(Status.no_skill)

# Per symbol; all zero is a closed circuit.
CIRCUIT = np.dtype(
    [
        ("errors", "u2"),  # consecutive
        ("bars", "u2"),  # accepted bars left without a call of the model, 0 = closed
        ("generation", "u4"),  # of the model that the counts belong to
    ],
    align=True,
)

# Per bar.
OUTPUT = np.dtype(
    [
        ("prob", "f8"),  # of a rise, given that the price moves beyond the costs; NaN unless the status is `ok`
        ("model_index", "u4"),  # index in `ModelNames`, 0 = the configured one
        ("status", "u1"),  # Status
        ("online", "?"),  # the symbol's own model answered
    ],
    align=True,
)


@embedded
def select_model(model: Any, learning: Any) -> None:
    """Let the symbol's own model answer where no other is configured.

    `model` is a bar's OUTPUT, `learning` that of the learning stage.
    """
    if model.status == NOT_CONFIGURED and learning.status != NOT_CONFIGURED:
        model.prob = learning.probability
        model.status = learning.status
        model.online = True


@embedded
def blend(score: float, prob: float, weight: float) -> float:
    """Return (1 - ω)·score + ω·(2p - 1): the score blended with a probability of a rise (domain §7.2)."""
    return (1.0 - weight) * score + weight * (2.0 * prob - 1.0)
