"""Statuses of a bar that are errors of the model."""

from __future__ import annotations

from worker.engine.scoring.model import Status

__all__ = ["ERRORS", "Status"]

# Statuses that count towards opening a circuit.
ERRORS = frozenset({Status.runtime_error, Status.nan_output, Status.out_of_range, Status.timeout})
