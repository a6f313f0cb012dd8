"""Runs of stage plugins over a batch; a failing row gets NaN and a status."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.errors import AlphapulseError
from worker.models.plugins import StagePlugin
from worker.models.scoring.status import Status
from worker.models.session.session import raise_for_environment

Columns = Mapping[str, NDArray[np.float64]]


class StageResult(NamedTuple):
    """A stage's columns, (n,) each, and a status per row: `ok`, or `runtime_error` with NaN in all columns."""

    columns: dict[str, NDArray[np.float64]]
    status: NDArray[np.uint8]


def run_stage(stage: StagePlugin, features: Columns) -> StageResult:
    """Run a stage over rows of features; a failing batch is halved until the failing rows stand alone.

    Raises:
        AlphapulseError: the machine, not the stage, fails (exit code 75).
    """
    rows = len(next(iter(features.values()))) if features else 0
    found = StageResult({name: np.full(rows, np.nan) for name in stage.outputs}, np.full(rows, Status.ok, np.uint8))
    if rows:
        _part(stage, {name: features[name] for name in stage.inputs}, slice(0, rows), found)
    return found


def _part(stage: StagePlugin, features: Columns, at: slice, found: StageResult) -> None:
    try:
        columns = _columns(stage, features, at)
    except AlphapulseError:
        raise
    except Exception as problem:  # a plugin may raise anything; the engine's own values stay
        raise_for_environment(problem)
        if at.stop - at.start == 1:
            found.status[at] = Status.runtime_error
            return
        middle = (at.start + at.stop) // 2
        _part(stage, features, slice(at.start, middle), found)
        _part(stage, features, slice(middle, at.stop), found)
    else:
        for name, values in columns.items():
            found.columns[name][at] = values


def _columns(stage: StagePlugin, features: Columns, at: slice) -> dict[str, NDArray[np.float64]]:
    given = {name: np.ascontiguousarray(features[name][at]).copy() for name in stage.inputs}
    for values in given.values():
        values.flags.writeable = False
    columns = {name: np.asarray(values, np.float64) for name, values in stage.run(MappingProxyType(given)).items()}
    if set(columns) != set(stage.outputs):
        raise ValueError(f"{stage.name} gave the columns {sorted(columns)}, not {sorted(stage.outputs)}")
    for name, values in columns.items():
        if values.shape != (at.stop - at.start,):
            raise ValueError(f"{stage.name} gave {name} of shape {values.shape}")
        if np.isinf(values).any():
            raise ValueError(f"{stage.name} gave an infinite {name}")
    return columns
