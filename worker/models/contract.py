"""The contract of every plugin, as checks that a plugin's own tests call; a broken promise raises AssertionError.

Use `check_model` or `check_stage` with any test framework; docs/models.md shows how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from worker.engine.stages.features import FEATURE_NAMES
from worker.models.card import Card
from worker.models.description.names import check_name, check_version
from worker.models.plugins import ModelPlugin, StagePlugin
from worker.models.scoring.outputs import Reader
from worker.models.scoring.status import Status
from worker.models.stage_columns import run_stage

ROWS = 97  # rows of the made-up batch

Run = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def check_model(plugin: ModelPlugin) -> None:
    """Check identity, known inputs, valid outputs, and what `_check_rows` requires.

    Raises:
        AssertionError: a promise is broken.
    """
    assert isinstance(plugin, ModelPlugin), "a model has card, canary and run"
    card = plugin.card
    assert isinstance(card, Card), "card is a worker.models.card.Card"
    check_name(card.model_id)
    check_version(card.version)
    _known(card.features)
    rows = _rows(len(card.features))
    if plugin.canary is not None:
        assert plugin.canary.shape[1:] == (len(card.features),), "canary has one number per feature"
        rows = np.concatenate([rows, plugin.canary.astype(np.float64)])

    def run(given: NDArray[np.float64]) -> NDArray[np.float64]:
        values = given.astype(np.float32)
        values.flags.writeable = False
        found = np.asarray(plugin.run(values))
        return (found[:, None] if found.ndim == 1 else found).astype(np.float64)

    _check_rows(run, rows)
    status = Reader(card)(run(rows), len(rows)).status
    assert (status == Status.ok).all(), f"outputs are refused: {sorted({Status(s).name for s in status.tolist()})}"


def check_stage(plugin: StagePlugin) -> None:
    """Check known inputs, named columns, rows of NaN, and what `_check_rows` requires.

    Raises:
        AssertionError: a promise is broken.
    """
    assert isinstance(plugin, StagePlugin), "a stage has name, inputs, outputs and run"
    check_name(plugin.name)
    _known(plugin.inputs)
    assert plugin.outputs, "a stage has outputs"
    assert len(set(plugin.outputs)) == len(plugin.outputs), "outputs are named once"

    def run(given: NDArray[np.float64]) -> NDArray[np.float64]:
        found = run_stage(plugin, dict(zip(plugin.inputs, given.T, strict=True)))
        assert (found.status == Status.ok).all(), "the stage fails"
        return np.stack([found.columns[name] for name in plugin.outputs], axis=1)

    rows = _rows(len(plugin.inputs))
    rows[5] = np.nan  # before a symbol is warm
    _check_rows(run, rows)


def _known(names: tuple[str, ...]) -> None:
    assert names, "it has inputs"
    assert len(set(names)) == len(names), "inputs are named once"
    for name in names:
        assert name in FEATURE_NAMES, f"{name} is not a feature"


def _check_rows(run: Run, rows: NDArray[np.float64]) -> None:
    """Check that equal rows give equal bits (again, alone, in any order, in parts) and that the input is unchanged."""
    before = rows.copy()
    found = run(rows)
    assert len(found) == len(rows), "one output per row"
    assert rows.tobytes() == before.tobytes(), "it changes its input"
    assert run(rows).tobytes() == found.tobytes(), "a second call gives different bits: it keeps state"
    for at in _parts(len(rows)):
        assert run(rows[at]).tobytes() == found[at].tobytes(), f"rows {at[:3]}... depend on other rows of the batch"


def _parts(rows: int) -> Iterator[list[int]]:
    yield list(reversed(range(rows)))
    yield from ([row] for row in range(rows))
    yield from (list(range(start, min(start + size, rows))) for size in (2, 7, 64) for start in range(0, rows, size))


def _rows(width: int) -> NDArray[np.float64]:
    """Return plausible features: a fixed draw, the first row all 0."""
    rows = np.random.default_rng(7).normal(size=(ROWS, width))
    rows[0] = 0.0
    return rows
