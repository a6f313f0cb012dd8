"""What the engine keeps and says of models, which come from outside: a symbol's circuit, a bar's output, the blend."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from worker.engine.kernel import kernel


class Status(IntEnum):
    """How a model fared at one bar; names as in `schemas.decision.Model.status`.

    Only `ok` comes with a probability. 0 is what an output row says that no model has touched.
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
    drift_disabled = 9


OK = int(Status.ok)

# Of a symbol; all zero is a closed circuit.
CIRCUIT = np.dtype(
    [
        ("errors", "u2"),  # in a row
        ("bars", "u2"),  # accepted bars left until the model is asked again, 0 = closed
        ("generation", "u4"),  # of the model that the counts are about
    ],
    align=True,
)

# Of a bar.
OUTPUT = np.dtype(
    [
        ("prob", "f8"),  # of a rise, given that the price moves beyond the costs; NaN unless the status is `ok`
        ("told", "u4"),  # which of `ModelNames`, 0 = the configured one
        ("status", "u1"),  # Status
    ],
    align=True,
)


@kernel
def blend(score: float, prob: float, weight: float) -> float:
    """(1 - ω)·score + ω·(2p - 1): a probability of a rise has its say in the score (domain §7.2)."""
    return (1.0 - weight) * score + weight * (2.0 * prob - 1.0)
