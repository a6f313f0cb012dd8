"""How a model fared at one bar; the names are those of `schemas.decision.Model.status`."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Statuses in the order of the schema. Only `ok` comes with a probability."""

    ok = 0
    not_configured = 1
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
