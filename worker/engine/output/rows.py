"""Output rows reused from batch to batch: fresh memory costs a page fault every two or three bars."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel
from worker.engine.pipeline import OUTPUT


def _bytes(name: str, of: np.dtype[Any] = OUTPUT) -> slice:
    assert of.fields is not None
    dtype, start = of.fields[name][:2]
    return slice(start, start + dtype.itemsize)


CONTROL, VERDICT = _bytes("control"), _bytes("validation")
ACCEPTED = VERDICT.start + _bytes("accepted", OUTPUT["validation"]).start  # a boolean, one byte
MODEL = _bytes("model")  # written only where a model takes part
SAID = _bytes("said")  # written only where a strategy decides
SPARSE = _bytes("timeframes")  # the stages of an accepted record leave timeframes without a closed bucket unwritten


def _as_bytes(rows: NDArray[Any]) -> NDArray[np.uint8]:
    return rows.view(np.uint8).reshape(len(rows), OUTPUT.itemsize)


@kernel
def _prepare(rows, slots):  # type: ignore[no-untyped-def]
    for i in range(slots.size):
        if slots[i] < 0:
            rows[i, :] = 0
        else:
            rows[i, CONTROL.start : CONTROL.stop] = 0
            rows[i, SPARSE.start : SPARSE.stop] = 0
            rows[i, MODEL.start : MODEL.stop] = 0
            rows[i, SAID.start : SAID.stop] = 0


@kernel
def _clear(rows):  # type: ignore[no-untyped-def]
    for i in range(rows.shape[0]):
        if not rows[i, ACCEPTED]:
            rows[i, : VERDICT.start] = 0
            rows[i, VERDICT.stop :] = 0


class OutputRows:
    """Output rows, grown to the largest batch. Parts that the stages do not write are cleared here."""

    def __init__(self) -> None:
        self._rows: NDArray[Any] = np.zeros(0, OUTPUT)

    def rows(self, slots: NDArray[np.int64]) -> NDArray[Any]:
        """Return output rows for records with these slots; those of records without a slot are zero."""
        if len(self._rows) < len(slots):
            self._rows = np.zeros(len(slots), OUTPUT)
        rows = self._rows[: len(slots)]
        _prepare(_as_bytes(rows), slots)
        return rows


def clear_rejected(rows: NDArray[Any]) -> None:
    """Clear the rows of rejected records except the verdict."""
    _clear(_as_bytes(rows))  # not the field itself: a view with steps is another type for a single row than for two
