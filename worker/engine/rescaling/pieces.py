"""A batch in pieces: cut where a corporate action takes effect, as the boundaries of batches affect no value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.pipeline import OUTPUT
from worker.engine.reasons import Reject, bits
from worker.engine.rescaling.splitting import Due, Splitting

CORPORATE_ACTION = np.uint64(bits(Reject.corporate_action))


class Pieces:
    """The output rows of a batch that is stepped piece by piece.

    `step` takes the slice of the records and returns their output rows, valid until its next call; `touched` returns
    the slots that it touched.
    """

    def __init__(
        self,
        count: int,
        step: Callable[[slice], NDArray[Any]],
        touched: Callable[[], NDArray[np.int64]] | None = None,
    ) -> None:
        self.outs: NDArray[Any] = np.zeros(count, OUTPUT)
        self.touched: NDArray[np.int64] = np.full(count, -1, np.int64)
        self._step, self._touched, self._done = step, touched, 0

    def play(self, dues: Sequence[Due], splitting: Splitting) -> None:
        """Step the whole batch, with the actions that may take effect in it, in order."""
        over = set[tuple[bytes, int]]()  # keys with the times of actions that have taken effect
        for due in dues:
            if (due.key, due.action.ex_ts) in over:
                continue
            self._to(due.row)
            if splitting.is_due(due):
                before = splitting.apply(due)
                self._to(due.row + 1)
                judged = self.outs["validation"]
                if judged["accepted"][due.row]:
                    judged["mask"][due.row] |= CORPORATE_ACTION
                    over.add((due.key, due.action.ex_ts))
                else:
                    splitting.undo(before)
        self._to(len(self.outs))

    def _to(self, stop: int) -> None:
        if stop == self._done:
            return
        part, self._done = slice(self._done, stop), stop
        _bytes(self.outs)[part] = _bytes(self._step(part))
        if self._touched is not None:
            self.touched[part] = self._touched()


def _bytes(rows: NDArray[Any]) -> NDArray[np.uint8]:
    # Numpy copies the fields of a record one by one, and not what is between them.
    return np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), OUTPUT.itemsize)
