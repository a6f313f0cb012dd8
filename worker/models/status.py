"""How a model fared at one bar; the names are those of `schemas.decision.Model.status`."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Only `ok` comes with a probability. 0 is what an output row says that no model has touched."""

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


# What counts towards opening a circuit.
ERRORS = frozenset({Status.runtime_error, Status.nan_output, Status.out_of_range, Status.timeout})
